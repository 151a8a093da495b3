import type { RunPlan, Scenario } from "../scenario/scenario.ts";
import { turnsOf } from "../gate/measure/turns.ts";
import { laterShare, quickMs } from "./quick.ts";
import type { Run } from "./run.ts";
import type { RunSettings } from "./settings.ts";

/** Starting, warming up and stopping a server, beside the exports. */
const overheadSeconds = 0.7;
/** A quick run makes at least so many rounds. */
const fewestRounds = 4;
/** What comes before the rounds of a quick run and after them takes about as long as so many rounds. */
const otherRounds = 3;
/** A shorter run needs no word beforehand. */
const longSeconds = 120;

/** The settings that decide how long a run takes. */
interface DurationSettings extends Pick<
  RunSettings,
  "targets" | "budgets" | "isFirstBaseline" | "isQuick" | "against"
> {}

/** The time of a run as far as it is known before its first round, in seconds. */
interface Duration {
  readonly all: number;
  /** Of scenarios whose time doesn't depend on how long an export takes. */
  readonly fixed: number;
}

/**
 * Says before the first round how long the run will take, when that is long, or more than a quick run promises. Exports of
 * our own server are sized so that a run takes as long as its page says: then only scenarios with a time of their own can
 * make it longer.
 */
export function announceDuration(
  {
    settings,
    hooks,
  }: { readonly settings: DurationSettings; readonly hooks: Pick<Run["hooks"], "onNotice"> },
  plan: RunPlan,
  scenarios: readonly Scenario[],
): void {
  if (settings.targets.length === 0 && !scenarios.some(({ hasFixedTime }) => hasFixedTime)) return;
  const isGating = settings.budgets.length > 0 || settings.isFirstBaseline;
  const { all, fixed } = durationOf(settings, plan, { scenarios, isGating });
  const promised = settings.isQuick ? quickMs / 1000 : longSeconds;
  if (all <= promised) return;
  const limit = settings.isQuick ? ", longer than --quick promises" : "";
  const confirming = isGating ? ", and as long again if a regression has to be confirmed" : "";
  const reason = fixed > all / 2 ? scenarioText(plan, scenarios, settings.isQuick) : exportText(plan);
  hooks.onNotice(`This run will take about ${durationText(all)}${limit}${confirming}: ${reason}`);
}

function durationOf(
  settings: DurationSettings,
  plan: RunPlan,
  { scenarios, isGating }: { readonly scenarios: readonly Scenario[]; readonly isGating: boolean },
): Duration {
  const secondsOf = (some: readonly Scenario[]): number =>
    some.reduce((total, scenario) => total + scenario.estimateSeconds(plan), 0);
  const fixed = secondsOf(scenarios.filter(({ hasFixedTime }) => hasFixedTime));
  const round = roundSeconds(settings, plan);
  const gated = isGating ? plan.rounds * round : 0;
  if (!settings.isQuick) {
    const others = scenarios.filter(({ name }) => name !== "export" || !isGating);
    return { all: gated + secondsOf(others), fixed };
  }
  if (isGating) return { all: gated + fixed, fixed };
  const hasExport = scenarios.some(({ name }) => name === "export");
  const rounds = hasExport ? quickRoundsSeconds(round, plan.rounds, fixed) : 0;
  return { all: otherRounds * round + rounds + fixed, fixed };
}

/** The rounds of `export` in a quick run, which keeps a share of its time for what comes later. */
function quickRoundsSeconds(round: number, rounds: number, laterSeconds: number): number {
  const quickSeconds = quickMs / 1000;
  const left = quickSeconds - otherRounds * round - Math.min(laterSeconds, quickSeconds * laterShare);
  return Math.max(Math.min(fewestRounds, rounds) * round, Math.min(rounds * round, left));
}

function exportText({ arms, rows }: RunPlan): string {
  const slowest = arms.reduce((left, right) => (right.exportSeconds > left.exportSeconds ? right : left));
  const remedy = slowest.target.takesRows
    ? `--rows ${Math.max(1, Math.round(rows / 10))} makes its exports a tenth as long.`
    : "An address with {rows} in it lets bench choose a smaller export.";
  return `one export of ${slowest.id} takes ${slowest.exportSeconds.toPrecision(2)} s. ${remedy}`;
}

/** The longest of the scenarios whose time doesn't depend on exports, and what makes the run shorter. */
function scenarioText(plan: RunPlan, scenarios: readonly Scenario[], isQuick: boolean): string {
  const longest = scenarios
    .filter(({ hasFixedTime }) => hasFixedTime)
    .reduce((left, right) => (right.estimateSeconds(plan) > left.estimateSeconds(plan) ? right : left));
  const alone = isQuick ? "Fewer targets or deliveries take less." : "--quick makes it shorter.";
  const remedy = scenarios.length > 1 ? `--scenario ${longest.name} measures it alone.` : alone;
  return `${longest.name} takes about ${durationText(longest.estimateSeconds(plan))}, however short an export is. ${remedy}`;
}

function roundSeconds(settings: DurationSettings, { arms }: RunPlan): number {
  const isInterleaved = settings.against !== null;
  const { alone, duet } = turnsOf(arms, { budgets: settings.budgets, isInterleaved });
  return arms.reduce((total, { exportSeconds, target }) => {
    // The warm-up of a server that takes no rows is a whole export.
    const exports = alone + duet + (target.takesRows ? 0.5 : 1);
    return total + overheadSeconds + exports * exportSeconds;
  }, 0);
}

function durationText(seconds: number): string {
  return seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
