import { array, literal, nullable, object, safeParse, string, tuple, union, type InferOutput } from "valibot";
import type { Arm, BenchResult } from "../../result/result.ts";

/** How the setting of a run names the other version. */
const otherVersion = union([
  object({ kind: literal("git"), name: string() }),
  object({ kind: literal("command"), cli: array(string()) }),
  object({ kind: literal("target"), spec: object({ command: nullable(string()), url: string() }) }),
]);
const bothRuns = tuple([object({ name: string() }), object({ name: string() })]);

/**
 * Which versions or runs are compared. The sentence names their arms, since these are named after deliveries alone;
 * null in a run that compares only deliveries.
 */
export function versionsText({ config, arms }: BenchResult): string | null {
  // Checked first, because a comparison also has the setting of its later run.
  const compared = safeParse(bothRuns, config["compared"]);
  if (compared.success) {
    const [before, after] = compared.output;
    return `${after.name} is compared with ${before.name}, an earlier run.`;
  }
  const against = safeParse(otherVersion, config["against"]);
  if (against.success) {
    return armsText(arms, otherText(against.output));
  }
  const { baseline } = config;
  return typeof baseline === "string" ? `This run is compared with ${baseline}, an earlier run.` : null;
}

function otherText(other: InferOutput<typeof otherVersion>): string {
  if (other.kind === "git") return other.name;
  if (other.kind === "command") return `the version that "${other.cli.join(" ")}" starts`;
  const { command, url } = other.spec;
  return command === null ? `the server at ${url}` : `the version that "${command}" starts, asked at ${url}`;
}

function armsText(arms: readonly Arm[], other: string): string {
  const idsOf = (role: Arm["role"]): readonly string[] =>
    arms.filter((arm) => arm.scenario === "export" && arm.role === role).map(({ id }) => id);
  const [own, control, again] = [idsOf("treatment"), idsOf("control"), idsOf("aa")];
  if (own.length === 0) return `This version is compared with ${other}.`;
  return [
    `${listed(own)} ${own.length === 1 ? "is" : "are"} this version.`,
    ...(control.length === 0 ? [] : [`${listed(control)} ${control.length === 1 ? "is" : "are"} ${other}.`]),
    ...(again.length === 0
      ? []
      : [
          `${listed(again)} ${again.length === 1 ? "repeats" : "repeat"} it: this shows how much equal things differ.`,
        ]),
  ].join(" ");
}

function listed(ids: readonly string[]): string {
  return new Intl.ListFormat("en").format(ids);
}
