import type { ComparisonView } from "../../result/comparison-view.ts";
import type { Arm, BenchResult, Round, Series } from "../../result/result.ts";
import { baselineOf, type RunNames } from "./baseline.ts";
import {
  absoluteOf,
  nameOf,
  relativeOf,
  requireOneEach,
  type AbsoluteBudget,
  type Budget,
} from "../budget/budget.ts";
import { bodyPairsOf } from "./body-change.ts";
import { compareRuns } from "./compare-runs.ts";
import { exitCodeOf, joinReports, judgeValues, type GateReport } from "../judge/judge-run.ts";

/** How to compare two result files. */
export interface CompareOptions {
  readonly names: RunNames;
  readonly budgets: readonly Budget[];
  /** Whether a budget that can't be decided fails. */
  readonly isStrict: boolean;
  readonly tool: { readonly name: string; readonly version: string };
  readonly createdAt: string;
}

/** A comparison as a result of its own, and as a report shows it. */
export interface ComparedResults {
  readonly result: BenchResult;
  readonly view: ComparisonView;
}

/**
 * Compares two result files. The outcome is itself a result, with the arms and rounds of both runs under their names, so
 * that everything that reads results can read it.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when one of them was cut short or can't be trusted
 * @throws RangeError when they can't be compared, the later one has no value for a budget, or there are two for the same
 */
export function compareResults(
  before: BenchResult,
  after: BenchResult,
  options: CompareOptions,
): ComparedResults {
  const { names, budgets, isStrict, tool, createdAt } = options;
  requireOneEach(budgets);
  const relative = relativeOf(budgets);
  const compared = compareRuns(baselineOf(before), baselineOf(after), relative, names, budgets.length);
  const { rows, warnings } = compared;
  const absolute = absoluteOf(budgets);
  for (const budget of absolute) requireMeasured(budget, after.rounds, names.after);
  // A value is judged by the later run alone.
  const values = absolute.length > 0 ? [judgeValues(judgedScenario, after.rounds, budgets)] : [];
  const reports: readonly GateReport[] = [...(compared.gate === null ? [] : [compared.gate]), ...values];
  const gate = reports.length === 0 ? null : joinReports(reports);
  const earlier = named(before, names.before, "control", 0);
  const later = named(after, names.after, "treatment", before.rounds.length);
  const verdict = gate?.verdict ?? "informational";
  const { bytes, rows: rowCount, sha256 } = after.integrity;
  const isEqual = sha256 !== null && sha256 === before.integrity.sha256 && haveSameBodies(before, after);
  const result: BenchResult = {
    ...after,
    tool,
    createdAt,
    config: { ...after.config, compared: [origin(before, names.before), origin(after, names.after)] },
    arms: [...earlier.arms, ...later.arms],
    rounds: [...earlier.rounds, ...later.rounds],
    series: [...earlier.series, ...later.series],
    comparisons: rows.map(({ comparison }) => comparison),
    checks: [],
    reasons: [...(gate?.reasons ?? [])],
    integrity: isEqual
      ? { bytes, rows: rowCount, sha256, equal: true }
      : { bytes: null, rows: null, sha256: null, equal: null },
    warnings: [...warnings],
    verdict,
    exitCode: gate === null ? 0 : exitCodeOf(gate.verdict, isStrict),
    complete: true,
  };
  return { result, view: { names, rows, reasons: gate?.reasons ?? [], warnings, verdict } };
}

/** Whether each delivery or target gave in both runs the same bytes. */
function haveSameBodies(before: BenchResult, after: BenchResult): boolean {
  const pairs = bodyPairsOf(baselineOf(before), baselineOf(after));
  return pairs.every((pair) => pair.before.sha256 === pair.after.sha256);
}

/** The scenario whose rounds budgets are about. */
const judgedScenario = "export";

/** A budget that nothing measured, such as a misspelt one, would be kept for ever: it never fails. */
function requireMeasured(budget: AbsoluteBudget, rounds: readonly Round[], name: string): void {
  const own = rounds.filter(({ scenario, valid }) => valid && scenario === judgedScenario);
  const metricsOf = (arm: string): readonly string[] => [
    ...new Set(
      own.flatMap((round) => {
        const measured = Object.entries(round.arms[arm] ?? {});
        return measured.filter(([, value]) => value !== null).map(([metric]) => metric);
      }),
    ),
  ];
  const { delivery, metric } = budget;
  const has = metricsOf(delivery);
  if (has.includes(metric)) return;
  const arms = [...new Set(own.flatMap((round) => Object.keys(round.arms)))];
  const found = arms.includes(delivery) ? has.map((one) => `${delivery}.${one}`) : arms;
  throw new RangeError(
    `The budget for ${nameOf(budget)} can't be judged: ${name} did not measure it. It measured: ${found.join(", ")}.`,
  );
}

/** The arms, rounds and curves of one run, under its name, so that one file can hold those of two runs. */
function named(
  { arms, rounds, series = [] }: BenchResult,
  name: string,
  role: "control" | "treatment",
  firstIndex: number,
): { readonly arms: readonly Arm[]; readonly rounds: readonly Round[]; readonly series: readonly Series[] } {
  const rename = (id: string): string => `${name}: ${id}`;
  return {
    arms: arms.map((arm) => Object.assign(structuredClone(arm), { id: rename(arm.id), role })),
    rounds: rounds.map((round, index) =>
      Object.assign(structuredClone(round), {
        index: firstIndex + index,
        order: round.order.map(rename),
        arms: Object.fromEntries(Object.entries(round.arms).map(([id, measured]) => [rename(id), measured])),
      }),
    ),
    series: series.map((curve) =>
      Object.assign(structuredClone(curve), { arm: rename(curve.arm), round: firstIndex + curve.round }),
    ),
  };
}

function origin({ createdAt, seed, environment, tool }: BenchResult, name: string): Record<string, unknown> {
  const { gitSha, fingerprint } = environment;
  return { name, createdAt, seed, version: tool.version, gitSha, fingerprint };
}
