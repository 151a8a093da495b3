/** What the examples in messages have in front of the `@`. */
const example = /^USER(?::PASSWORD)?@$/;

/**
 * A text for messages, without user and password of the URLs in it. A password may hold any character, also where it should have
 * been percent-encoded, so everything goes up to the last `@` before a blank or a quote.
 */
export function withoutUserInfo(text: string): string {
  return text.replaceAll(/(?<!\bfile):\/\/([^\s"'`<>]*@)/g, (all, info: string) =>
    example.test(info) ? all : "://…@",
  );
}
