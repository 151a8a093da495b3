import { array, literal, object, safeParse, string, tuple, union } from "valibot";
import type { Arm, BenchResult } from "../../result/schema.ts";

/** What the setting of a run says of the other version. */
const otherVersion = union([
  object({ kind: literal("git"), name: string() }),
  object({ kind: literal("command"), cli: array(string()) }),
]);
const bothRuns = tuple([object({ name: string() }), object({ name: string() })]);

/**
 * Which versions or runs are held against each other, in a sentence that names their arms, which are called after
 * deliveries alone; null in a run that is held against nothing.
 */
export function versionsText({ config, arms }: BenchResult): string | null {
  // First, since a comparison has the setting of its later run as well.
  const compared = safeParse(bothRuns, config["compared"]);
  if (compared.success) {
    const [before, after] = compared.output;
    return `${after.name} is held against ${before.name}, an earlier run.`;
  }
  const against = safeParse(otherVersion, config["against"]);
  if (against.success) {
    const other = against.output;
    return armsText(arms, other.kind === "git" ? other.name : `what "${other.cli.join(" ")}" starts`);
  }
  const { baseline } = config;
  return typeof baseline === "string" ? `This run is held against ${baseline}, an earlier one.` : null;
}

function armsText(arms: readonly Arm[], other: string): string {
  const idsOf = (role: Arm["role"]): readonly string[] =>
    arms.filter((arm) => arm.scenario === "export" && arm.role === role).map(({ id }) => id);
  const [own, control, again] = [idsOf("treatment"), idsOf("control"), idsOf("aa")];
  if (own.length === 0) return `This version is held against ${other}.`;
  const verb = own.length === 1 ? "is" : "are";
  return `${listed(own)} ${verb} this version, ${listed(control)} ${other}, and ${listed(again)} the same once more.`;
}

function listed(ids: readonly string[]): string {
  return new Intl.ListFormat("en").format(ids);
}
