import { deliveries as allDeliveries } from "../../src/ground.ts";
import { measuredDeliveries, type MeasuredDelivery } from "../result/measured-delivery.ts";
import {
  absoluteOf,
  isOfProcessors,
  nameOf,
  originOf,
  parseBudget,
  relativeOf,
  type Budget,
} from "../gate/budget/budget.ts";
import { readBudgets } from "../gate/budget/read-budgets.ts";
import type { TargetSpec } from "../subject/target-spec.ts";
import type { BenchConfig } from "./config.ts";
import { chosenFrom } from "./require.ts";
import { resolveAgainst } from "./resolve-targets.ts";
import type { RunAgainst, RunSettings } from "./settings.ts";

/** The only scenario whose rounds are judged. */
export const gatingScenario = "export";

/** What a run is compared with, and by which budgets. */
export interface GateSettings extends Pick<
  RunSettings,
  "against" | "baseline" | "budgets" | "deliveries" | "isFirstBaseline"
> {
  readonly isGating: boolean;
}

/**
 * Fills in what concerns the verdict of a run. What can't be judged is refused here, before anything is started.
 * @throws RangeError whose message names the option, quotes the value and lists what is allowed
 */
export function resolveGate(config: BenchConfig, targets: readonly TargetSpec[]): GateSettings {
  const { baseline = null, budgets: texts = [], isFirstBaseline = false } = config;
  // A text that is not a budget at all is reported first.
  const named = texts.map((text) => parseBudget(text));
  const isCompared = typeof config.against === "string" || baseline !== null || isFirstBaseline;
  const isGating = isCompared || absoluteOf(named).length > 0;
  if (isGating) requireGatable(config);
  if (!isCompared) requireNothingToCompare(config, relativeOf(named));
  const deliveries = deliveriesOf(config, targets);
  const against = typeof config.against === "string" ? resolveAgainst(config.against, targets) : null;
  if (against?.of === "targets" && deliveries.length > 0) {
    throw new RangeError(
      `--against compares versions of the target here, so --deliveries ${deliveries.join(",")} has nothing beside it: leave it out, or measure our own server in a run of its own.`,
    );
  }
  if (isGating && deliveries.includes("job")) {
    throw new RangeError(
      `--deliveries ${deliveries.join(",")} measures a job, which is made only once for the same rows, so it can't be repeated in a gate. Leave job out, or --against, --baseline and --budget.`,
    );
  }
  const base = { isGating, against, baseline, isFirstBaseline, deliveries };
  if (!isGating) return { ...base, budgets: [] };
  const budgets = budgetsOf(texts, base, targets);
  requireJudgeable(budgets, against, targets);
  return { ...base, budgets: isFirstBaseline ? absoluteOf(budgets) : budgets };
}

/** The deliveries of our own server: with targets only those that were named. */
function deliveriesOf(
  { deliveries, against, baseline = null, isFirstBaseline = false }: BenchConfig,
  targets: readonly TargetSpec[],
): readonly MeasuredDelivery[] {
  const hasTargets = targets.length > 0;
  if (deliveries?.length === 1 && deliveries[0] === "none") {
    if (hasTargets) return [];
    throw new RangeError("--deliveries none leaves nothing to measure: name a server with --target.");
  }
  if (deliveries !== undefined) return chosenFrom("delivery", deliveries, measuredDeliveries);
  if (hasTargets) return [];
  if (typeof against === "string") return ["streaming"];
  return baseline !== null || isFirstBaseline ? ["streaming", "buffered"] : allDeliveries;
}

function budgetsOf(
  texts: readonly string[],
  { against, deliveries }: Pick<GateSettings, "against" | "deliveries">,
  targets: readonly TargetSpec[],
): readonly Budget[] {
  const names = targets.map(({ name }) => name);
  if (texts.length > 0) return readBudgets(texts, [...deliveries, ...names]);
  // Compared with a baseline, the buffered delivery is what the others are divided by, so it has no default budgets.
  const gated = against === null ? deliveries.filter((delivery) => delivery !== "buffered") : deliveries;
  const own = gated.length > 0 ? gated : deliveries;
  const running = targets.find(({ command }) => command === null) ?? runningVersion(against);
  if (running === undefined) return readBudgets([], [...own, ...names]);
  throw new RangeError(
    `"${running.name}" runs already, so its memory and CPU time, which have budgets by default, are not known: name budgets, such as --budget ${targets[0]?.name ?? running.name}.total_s=10%.`,
  );
}

function runningVersion(against: RunAgainst | null): TargetSpec | undefined {
  return against?.of === "targets" && against.kind === "target" && against.spec.command === null
    ? against.spec
    : undefined;
}

/** @throws RangeError for a budget whose metric can't be measured */
function requireJudgeable(
  budgets: readonly Budget[],
  against: RunAgainst | null,
  targets: readonly TargetSpec[],
): void {
  const other = runningVersion(against);
  for (const budget of budgets) {
    const target = targets.find(({ name }) => name === budget.delivery);
    const running = target === undefined ? undefined : target.command === null ? target : other;
    if (running !== undefined && originOf(budget) === "processes") {
      throw new RangeError(
        `The budget for ${nameOf(budget)} can't be judged: "${running.name}" runs already, so its memory and CPU time are not known. Give its command, or another budget, such as ${budget.delivery}.total_s=10%.`,
      );
    }
  }
  const ofCpu = absoluteOf(budgets).find(isOfProcessors);
  if (against !== null && ofCpu !== undefined) {
    throw new RangeError(
      `The budget for ${nameOf(ofCpu)} can't be judged together with --against, where both versions work at the same time on one core and need more CPU time: measure it in a run of its own.`,
    );
  }
}

function requireGatable({ against = null, baseline = null, scenarios }: BenchConfig): void {
  if (against !== null && baseline !== null) {
    throw new RangeError(
      "A run is compared with --against or with --baseline, not with both: leave one out.",
    );
  }
  if (scenarios !== undefined && !scenarios.includes(gatingScenario)) {
    throw new RangeError(
      `A run that gates needs the scenario ${gatingScenario}: add --scenario ${gatingScenario}.`,
    );
  }
}

function requireNothingToCompare(
  { isStrict = false, budgets = [] }: BenchConfig,
  relative: readonly Budget[],
): void {
  const remedy =
    "add --against git:REF, --against COMMAND or --baseline FILE, or a budget by itself such as --budget 'api.total_s<=2s'.";
  const [budget] = relative;
  if (budget !== undefined) {
    throw new RangeError(`The budget for ${nameOf(budget)} has nothing to be compared with: ${remedy}`);
  }
  if (isStrict && budgets.length === 0) {
    throw new RangeError(
      `--strict fails a run whose budgets can't be decided, and this run has nothing to decide: ${remedy}`,
    );
  }
}
