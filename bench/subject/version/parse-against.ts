import { splitCommand } from "./split-command.ts";

/** Another version as the command line names it. */
export type AgainstSpec =
  | { readonly kind: "git"; readonly name: string; readonly ref: string }
  | { readonly kind: "command"; readonly name: string; readonly cli: readonly [string, ...string[]] };

const gitPrefix = "git:";

/**
 * Reads `git:REF`, or a command that starts another `stream-csv`.
 * @throws RangeError whose message quotes the text and says what to write
 */
export function parseAgainst(text: string): AgainstSpec {
  const spec = text.trim();
  if (spec.startsWith(gitPrefix)) {
    const ref = spec.slice(gitPrefix.length);
    if (ref === "")
      throw new RangeError(`"${text}" does not name a version: write git:REF, such as git:main.`);
    return { kind: "git", name: spec, ref };
  }
  return { kind: "command", name: "the other version", cli: splitCommand(spec) };
}
