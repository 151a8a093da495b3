/** Groups whose values may be passwords, or hold one. */
const secretGroups: ReadonlySet<string> = new Set(["databases", "jobs", "links", "tokens", "auth"]);
/** Settings of the bench whose values may be. */
const secretBenchSettings: ReadonlySet<string> = new Set(["targets", "header"]);

/**
 * Whether no message may quote what is at a place of the configuration: a password, or something that may have one in it, such as
 * the whole configuration.
 */
export function mayHoldSecret([group, setting]: readonly string[]): boolean {
  if (group === undefined || secretGroups.has(group)) return true;
  return group === "bench" && (setting === undefined || secretBenchSettings.has(setting));
}
