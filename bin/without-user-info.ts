/** What the examples in messages have in front of the `@`. */
const example = /^USER(?::PASSWORD)?@$/;

/** From the `://` of a URL to the next blank or quote. */
const behindScheme = /(?<!\bfile):\/\/[^\s"'`<>]*/g;

/**
 * A text for messages, without user and password of the URLs in it. A password may hold any character, also where it should have
 * been percent-encoded, so everything goes up to the last `@` before a blank or a quote.
 */
export function withoutUserInfo(text: string): string {
  return text.replaceAll(behindScheme, (all) => {
    const end = all.lastIndexOf("@") + 1;
    const info = all.slice("://".length, end);
    return end === 0 || example.test(info) ? all : `://…@${all.slice(end)}`;
  });
}
