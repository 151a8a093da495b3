/** A comment taken apart; texts are Markdown. */
export interface DocComment {
  /** Everything before the first tag. */
  readonly text: string;
  readonly defaultValue: string | undefined;
  /** Names of parameters and what is said of them, in order. */
  readonly parameters: readonly (readonly [name: string, text: string])[];
  readonly errors: readonly string[];
  readonly examples: readonly string[];
}

/** What API Extractor says of a constructor that has no sentence of its own. */
const filler = /^Constructs a new instance of the `[^`]+` class/;

/** Takes a comment of a declaration apart by its tags. */
export function readDocComment(comment = ""): DocComment {
  const blocks = blocksOf(comment);
  const of = (...tags: readonly string[]): readonly string[] =>
    blocks.filter(({ tag }) => tags.includes(tag)).map(({ text }) => text);
  return {
    text: linked(of("", "remarks", "returns").join("\n\n"))
      .replace(filler, "")
      .trim(),
    defaultValue: of("default")[0]?.replaceAll("\n", " "),
    parameters: of("param").map((text) => {
      const [, name = "", about = ""] = /^(\S+)(?:\s+-)?\s+([^]*)$/.exec(text) ?? [];
      return [name, linked(about)];
    }),
    errors: of("throws").map(linked),
    examples: of("example"),
  };
}

interface Block {
  readonly tag: string;
  readonly text: string;
}

function blocksOf(comment: string): readonly Block[] {
  const text = comment
    .replace(/^\/\*\*\s?/, "")
    .replace(/\s*\*\/\s*$/, "")
    .replaceAll(/^ \* ?/gm, "");
  // A tag begins a line, or stands behind the two blanks by which API Extractor joins lines; programs hold none.
  const parts = text.split(/(?:^|\n| {2})@(default|example|param|remarks|returns|throws)\b/);
  const [first = "", ...rest] = parts;
  const blocks = [{ tag: "", text: first.trim() }];
  for (let index = 0; index < rest.length; index += 2)
    blocks.push({ tag: rest[index] ?? "", text: (rest[index + 1] ?? "").trim() });
  return blocks;
}

/** `{@link Name}` as code; names that the page has are found by its table of contents. */
function linked(text: string): string {
  return text.replaceAll(/\{@link ([^}|]+)(?:\|[^}]*)?\}/g, (_, name: string) => `\`${name.trim()}\``);
}
