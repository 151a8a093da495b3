import type { RunPlan, Scenario } from "../scenario/scenario.ts";
import { turnsOf } from "../gate/measure/turns.ts";
import { quickMs } from "./quick.ts";
import type { Run } from "./run.ts";

/** Starting, warming up and stopping a server, beside the exports. */
const overheadSeconds = 0.7;
/** A quick run makes at least so many rounds. */
const fewestRounds = 4;
/** A shorter run needs no word beforehand. */
const longSeconds = 120;

/**
 * Says before the first round how long the run will take, when that is long, or more than a quick run promises. Only with
 * targets: exports of our own server are sized so that a run takes as long as its page says.
 */
export function announceDuration(
  { settings, hooks }: Run,
  plan: RunPlan,
  scenarios: readonly Scenario[],
): void {
  if (settings.targets.length === 0) return;
  const isGating = settings.budgets.length > 0 || settings.isFirstBaseline;
  const rounds = settings.isQuick && !isGating ? Math.min(fewestRounds, plan.rounds) : plan.rounds;
  const others = settings.isQuick ? [] : scenarios.filter(({ name }) => name !== "export" || !isGating);
  const gateSeconds = isGating ? rounds * roundSeconds(settings, plan) : 0;
  const quickSeconds = settings.isQuick && !isGating ? (rounds + 3) * roundSeconds(settings, plan) : 0;
  const seconds =
    gateSeconds +
    quickSeconds +
    others.reduce((total, scenario) => total + scenario.estimateSeconds(plan), 0);
  const promised = settings.isQuick ? quickMs / 1000 : longSeconds;
  if (seconds <= promised) return;
  const slowest = plan.arms.reduce((left, right) =>
    right.exportSeconds > left.exportSeconds ? right : left,
  );
  const remedy = slowest.target.takesRows
    ? ` --rows ${Math.max(1, Math.round(plan.rows / 10))} makes its exports a tenth as long.`
    : " An address with {rows} in it lets bench choose a smaller export.";
  const limit = settings.isQuick ? ", longer than --quick promises" : "";
  const confirming = isGating ? ", and as long again if a regression has to be confirmed" : "";
  hooks.onNotice(
    `This run will take about ${durationText(seconds)}${limit}${confirming}: one export of ${slowest.id} takes ${slowest.exportSeconds.toPrecision(2)} s.${remedy}`,
  );
}

function roundSeconds(settings: Run["settings"], { arms }: RunPlan): number {
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
