/** Characters that show nothing, and of which some break what comes after them. */
const controls = /[\p{Cc}\u2028\u2029]+/gu;

/** Text in one line, without characters that control a terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(controls, " ").trim();
}

/**
 * Foreign text as a terminal or the log of a build may show it: in one line, without control characters, and with no
 * word that begins as a workflow command of GitHub Actions does. The runner reads a line of any program from its first
 * character that isn't white space, so that a word may come to stand there by wrapping, and `##[` anywhere.
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

/** A copy in which every text is plain, also that of keys: what referred to each other still does. */
export function withPlainTexts<T>(value: T): T {
  return plainCopy(value) as T;
}

function plainCopy(value: unknown): unknown {
  if (typeof value === "string") return plainText(value);
  if (Array.isArray(value)) return value.map(plainCopy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [plainText(key), plainCopy(item)]));
}

/** Names are shown with spaces for `_` and `-`, so what follows these may become a word. */
function withoutCommands(text: string): string {
  return text
    .replaceAll(/(?<![^\s_-]):{2,}/g, (colons) => ": ".repeat(colons.length).trimEnd())
    .replaceAll("##[", "## [");
}
