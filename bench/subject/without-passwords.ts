/**
 * A text for reports and messages, without the passwords of addresses in it. A password may hold any character, also where
 * it should have been percent-encoded, so everything goes up to the last `@` before a blank or a quote. A port isn't one.
 */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^\s:/@'"]*:)(?!(?:\d+|\{port\})(?:[/?#\s'"]|$))[^\s'"]*@/g, "$1…@");
}
