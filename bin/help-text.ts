/** What a help text has below its flags. */
export interface HelpParts {
  /** Commands that work as they stand, each with what it is for where that isn't plain. */
  readonly examples: readonly (string | readonly [command: string, purpose: string])[];
  /** The page of the documentation, from the folder of the package. */
  readonly docs: string;
  /** Other sections, each with its own heading. */
  readonly sections?: string;
}

/** The end of a help text: examples, other sections, and where the documentation is. */
export function helpText({ examples, docs, sections = "" }: HelpParts): string {
  const widest = Math.max(
    0,
    ...examples.flatMap((example) => (typeof example === "string" ? [] : example[0].length)),
  );
  const lines = examples.map((example) =>
    typeof example === "string" ? `  ${example}` : `  ${example[0].padEnd(widest)}  # ${example[1]}`,
  );
  const more = sections === "" ? "" : `\n${sections.trim()}\n`;
  return `\nExamples:\n${lines.join("\n")}\n${more}\nDocumentation: ${docs}, in the repository and in the package\n`;
}
