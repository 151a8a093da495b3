import { checkOutVersion } from "./git-version.ts";
import type { GitVersionOptions } from "./git-worktree.ts";
import type { AgainstSpec } from "./parse-against.ts";

/** Another version of `stream-csv` that can be started. */
export interface OtherVersion {
  /** The full hash of its commit; null when only a command is known. */
  readonly sha: string | null;
  /** Program and arguments that come before `serve`. */
  readonly cli: readonly [string, ...string[]];
  /** Removes everything that was made for it. */
  remove(): Promise<void>;
}

/**
 * Gets the version that a run is compared with: a commit is checked out and built, a command exists already.
 * @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE`; nothing is left behind then
 */
export async function otherVersion(spec: AgainstSpec, options: GitVersionOptions): Promise<OtherVersion> {
  if (spec.kind === "git") return await checkOutVersion(spec.ref, options);
  return { sha: null, cli: spec.cli, remove: () => Promise.resolve() };
}
