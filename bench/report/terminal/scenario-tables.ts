import { metrics, type MetricId } from "../../result/metric.ts";
import type { BenchResult, Comparison } from "../../result/schema.ts";
import { fitTable } from "./fit-table.ts";
import { intervalText } from "../read/interval-level.ts";
import { factorText, quantityText } from "../number-text.ts";
import { comparisonOf, expectedOf, measuredArms, medianOf } from "../read/memory-curve.ts";
import { marksOf } from "./footnotes.ts";
import { counted, wrapped, type Colors, type Look } from "./look.ts";

/** What a person reads of a metric, in the order they ask for it. */
const exportMetrics: readonly (readonly [MetricId, string])[] = [
  ["first_byte_s", "first byte"],
  ["total_s", "total"],
  ["longest_stall_s", "longest stall"],
  ["throughput_bytes_per_s", "throughput"],
  ["rows_per_s", "rows per second"],
  ["peak_rss_over_idle_bytes", "peak memory over idle"],
  ["held_s_per_export", "slot held"],
  ["loop_s_per_export", "event loop busy"],
  ["cpu_s_per_export", "CPU time"],
  ["gc_s_per_export", "garbage collection"],
  ["loop_delay_max_s", "worst loop delay"],
  ["ping_kept_ratio", "short requests kept"],
  ["ping_lost_per_export", "… lost per export"],
];

const slowReaderMetrics: readonly (readonly [MetricId, string])[] = [
  ["bytes_per_concurrent_export", "memory per reader"],
  ["kernel_bytes_per_export", "in socket buffers"],
  ["read_rate_bytes_per_s", "rate of a reader"],
  ["slots_held", "slots held"],
  ["loop_busy_ratio", "event loop busy"],
  ["ping_p50_idle_s", "short request, idle"],
  ["ping_p50_s", "… beside readers"],
  ["ping_p99_idle_s", "slowest of 100, idle"],
  ["ping_p99_s", "… beside readers"],
  ["slow_held_s_per_export", "slot, whole export"],
];

const leaveMetrics: readonly (readonly [MetricId, string])[] = [
  ["release_early_s", "left at the first byte"],
  ["release_s", "left after 1 MiB"],
];

const mixedMetrics: readonly (readonly [MetricId, string])[] = [
  ["ping_per_s_idle", "short requests, idle"],
  ["ping_per_s_busy", "… beside exports"],
  ["ping_kept_ratio", "… kept"],
  ["ping_lost_per_export", "… lost per export"],
];

/** A scenario as one table. */
interface TableOfScenario {
  readonly scenario: string;
  readonly title: string;
  readonly shown: readonly (readonly [MetricId, string])[];
}

const tables: readonly TableOfScenario[] = [
  { scenario: "slow-readers", title: "clients that read slowly", shown: slowReaderMetrics },
  { scenario: "leave", title: "until the slot of a client that left is free", shown: leaveMetrics },
  { scenario: "mixed", title: "exports and short requests together", shown: mixedMetrics },
];

/** Metrics down, arms across, and what each is in relation to the buffered one. */
export function exportTable(result: BenchResult, look: Look): string {
  const title = "one export at a time, at full speed";
  const table = titledTable(result, { scenario: "export", title, shown: exportMetrics }, look);
  if (table === "") return "";
  const timed = result.rounds.filter(
    (round) =>
      round.scenario === "export" &&
      round.valid &&
      Object.values(round.arms).some((arm) => arm["total_s"] !== undefined),
  );
  const interval = intervalText(result.comparisons.filter(({ scenario }) => scenario === "export"));
  const ratios = interval === null ? "" : `; ratios with ${interval}`;
  const note = wrapped(`medians of ${counted(timed.length, "round")}${ratios}`, look.width, "");
  return `${table}\n${look.colors.dim(note)}`;
}

/** One table for each of the other scenarios that compare arms. */
export function scenarioTables(result: BenchResult, look: Look): readonly string[] {
  return tables.map((table) => titledTable(result, table, look));
}

/** Empty when the scenario wasn't measured. */
function titledTable(result: BenchResult, { scenario, title, shown }: TableOfScenario, look: Look): string {
  const { colors, width } = look;
  const arms = measuredArms(result, scenario).filter((arm) => arm.role !== "aa");
  if (arms.length === 0) return "";
  const compared = arms.flatMap((arm) => {
    const control = result.comparisons.find(
      (item) => item.scenario === scenario && item.treatment === arm.id,
    )?.control;
    return control === undefined ? [] : [{ arm, control }];
  });
  const rows = shown.flatMap(([metric, label]): (readonly string[])[] => {
    const values = arms.map(({ id }) => medianOf(result, scenario, id, metric));
    if (values.every((value) => value === null)) return [];
    const unit = metrics.find(({ id }) => id === metric)?.unit ?? "ratio";
    const ratios = compared.map(({ arm }) =>
      ratioText(comparisonOf(result, scenario, arm.id, metric), metric, colors),
    );
    const row = [label, ...values.map((value) => quantityText(value, unit)), ...ratios];
    const expected = arms.map(({ id }) => expectedOf(result, scenario, id, metric));
    if (expected.every((value) => value === null)) return [row];
    const texts = expected.map((value) => (value === null ? "" : quantityText(value, unit)));
    return [row, ["… by analysis", ...texts].map((text) => colors.dim(text))];
  });
  const head = [
    "",
    ...arms.map(({ id }) => colors.bold(id) + marksOf(result, id)),
    ...compared.map(({ arm, control }) => colors.bold(`${arm.id}/${control}`)),
  ];
  const table = fitTable({ head, rows, groups: [1, 1 + arms.length] }, width);
  return `${colors.bold(title)}\n${table}`;
}

/** The ratio with its interval, green where it is surely better, red where surely worse. */
function ratioText(comparison: Comparison | undefined, metric: MetricId, colors: Colors): string {
  if (comparison === undefined || comparison.ratio === null) return "–";
  const [low, high] = comparison.ci;
  if (low === null || high === null || comparison.n < 2) return factorText(comparison.ratio);
  const text = factorText(comparison.ratio, [low, high]);
  if (low <= 1 && high >= 1) return colors.dim(text);
  const isLower = metrics.find(({ id }) => id === metric)?.better === "lower";
  return isLower === high < 1 ? colors.green(text) : colors.red(text);
}
