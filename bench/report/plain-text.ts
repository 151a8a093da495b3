/** Invisible characters, some of which change how the text after them is shown. */
const controls = /[\p{Cc}\u2028\u2029]+/gu;

/** Text on one line, without characters that control a terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(controls, " ").trim();
}

/**
 * Makes text from elsewhere safe for a terminal or a build log: one line, no control characters, and no word that
 * begins like a workflow command of GitHub Actions. The runner ignores white space at the start of a line, and wrapping
 * can move any word there, so every word is checked. It finds `##[` anywhere in a line.
 */
export function plainText(text: string): string {
  return withoutCommands(oneLine(text));
}

/** The same for text of several lines, which keep their breaks and indentation. */
export function plainLines(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map((line) => withoutCommands(line.replaceAll(controls, " ")))
    .join("\n");
}

/** A copy in which every text is plain. Keys are changed the same way, so names still refer to them. */
export function withPlainTexts<T>(value: T): T {
  return plainCopy(value) as T;
}

function plainCopy(value: unknown): unknown {
  if (typeof value === "string") return plainText(value);
  if (Array.isArray(value)) return value.map(plainCopy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [plainText(key), plainCopy(item)]));
}

/** Names are shown with spaces instead of `_` and `-`, so a word may begin after these too. */
function withoutCommands(text: string): string {
  return text
    .replaceAll(/(?<![^\s_-]):{2,}/g, (colons) => ": ".repeat(colons.length).trimEnd())
    .replaceAll("##[", "## [");
}
