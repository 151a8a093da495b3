import { splitCommand } from "./split-command.ts";

/** A commit of the repository, as the command line names it. */
export interface GitAgainst {
  readonly kind: "git";
  readonly name: string;
  readonly ref: string;
}

/** Another version of our own server, as the command line names it. */
export type AgainstSpec =
  | GitAgainst
  | { readonly kind: "command"; readonly name: string; readonly cli: readonly [string, ...string[]] };

const gitPrefix = "git:";

/**
 * Reads `git:REF`, or a command that starts another `stream-csv`.
 * @throws RangeError whose message quotes the text and says what to write
 */
export function parseAgainst(text: string): AgainstSpec {
  return (
    parseGitAgainst(text) ?? { kind: "command", name: "the other version", cli: splitCommand(text.trim()) }
  );
}

/**
 * Reads `git:REF`.
 * @returns null for any other text
 * @throws RangeError when no version is named
 */
export function parseGitAgainst(text: string): GitAgainst | null {
  const spec = text.trim();
  if (!spec.startsWith(gitPrefix)) return null;
  const ref = spec.slice(gitPrefix.length);
  if (ref === "") throw new RangeError(`"${text}" does not name a version: write git:REF, such as git:main.`);
  return { kind: "git", name: spec, ref };
}
