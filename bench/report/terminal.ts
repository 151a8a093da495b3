import Table from "cli-table3";
import picocolors from "picocolors";
import { formatBytes, formatCount } from "../../src/index.ts";
import { metrics, type MetricId } from "../result/metric.ts";
import type { BenchResult, Comparison } from "../result/schema.ts";
import { adviceSentences } from "./advice.ts";
import { factorText, quantityText, significant } from "./number-text.ts";
import { bytesPerRowOf, comparisonOf, measuredArms, medianOf, memoryCurves } from "./summary.ts";

/** How a report is to look. */
export interface TerminalReportOptions {
  readonly hasColor: boolean;
  /**
   * Width of the terminal.
   * @default 100
   */
  readonly columns?: number;
}

type Colors = ReturnType<typeof picocolors.createColors>;

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
  ["ping_kept_ratio", "short requests kept"],
  ["ping_lost_per_export", "… lost per export"],
];

const slowReaderMetrics: readonly (readonly [MetricId, string])[] = [
  ["bytes_per_concurrent_export", "memory per reader"],
  ["kernel_bytes_per_export", "in socket buffers"],
  ["slots_held", "slots held"],
  ["loop_busy_ratio", "event loop busy"],
  ["ping_p50_idle_s", "short request, idle"],
  ["ping_p50_s", "… beside readers"],
  ["ping_p99_idle_s", "slowest of 100, idle"],
  ["ping_p99_s", "… beside readers"],
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

/** A result as text for a person: tables at most 100 columns wide, then what they mean, then what to mind. */
export function terminalReport(result: BenchResult, { hasColor }: TerminalReportOptions): string {
  const colors = picocolors.createColors(hasColor);
  return [
    heading(result, colors),
    exportTable(result, colors),
    titledTable(result, "slow-readers", slowReaderMetrics, "clients that read slowly", colors),
    titledTable(result, "leave", leaveMetrics, "until the slot of a client that left is free", colors),
    titledTable(result, "mixed", mixedMetrics, "exports and short requests together", colors),
    memoryTable(result, colors),
    listOf("What it means", adviceSentences(result), colors),
    listOf("To mind", result.warnings, colors),
    verdictLine(result, colors),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function heading({ config, integrity, environment }: BenchResult, colors: Colors): string {
  const name = colors.bold(String(config["exportName"] ?? config["sourceFile"]));
  const size =
    integrity.rows === null || integrity.bytes === null
      ? ""
      : `: ${formatCount(integrity.rows)} rows, ${formatBytes(integrity.bytes)}`;
  const server = `${counted(Number(config["workers"]), "worker")} with ${counted(Number(config["slots"]), "slot")}`;
  return `${name}${size}; ${server}\n${colors.dim(`${environment.node}, ${environment.cores} × ${environment.cpuModel}, ${environment.os}`)}`;
}

/** Metrics down, deliveries across, and what each is in relation to the buffered one. */
function exportTable(result: BenchResult, colors: Colors): string {
  const table = metricTable(result, "export", exportMetrics, colors);
  if (table === "") return "";
  const timed = result.rounds.filter(
    (round) =>
      round.scenario === "export" &&
      round.valid &&
      Object.values(round.arms).some((arm) => arm["total_s"] !== undefined),
  );
  const level = result.comparisons.find((item) => item.metric === "total_s")?.level;
  const interval =
    typeof level === "number" && level > 0
      ? `; ratios with their ${significant(level * 100, 3)} % interval`
      : "";
  return `${table}\n${colors.dim(`medians of ${counted(timed.length, "round")}${interval}`)}`;
}

/** A table with a title, for a scenario that is compared at a glance; empty when it wasn't measured. */
function titledTable(
  result: BenchResult,
  scenario: string,
  shown: readonly (readonly [MetricId, string])[],
  title: string,
  colors: Colors,
): string {
  const table = metricTable(result, scenario, shown, colors);
  return table === "" ? "" : `${colors.bold(title)}\n${table}`;
}

function metricTable(
  result: BenchResult,
  scenario: string,
  shown: readonly (readonly [MetricId, string])[],
  colors: Colors,
): string {
  const arms = measuredArms(result, scenario).filter((arm) => arm.role !== "aa");
  if (arms.length === 0) return "";
  const compared = arms.filter((arm) =>
    result.comparisons.some((item) => item.scenario === scenario && item.treatment === arm.id),
  );
  const table = plainTable(
    ["", ...arms.map(({ id }) => id), ...compared.map(({ id }) => `${id}/buffered`)].map((title) =>
      title === "" ? "" : colors.bold(title),
    ),
  );
  for (const [metric, label] of shown) {
    const values = arms.map(({ id }) => medianOf(result, scenario, id, metric));
    if (values.every((value) => value === null)) continue;
    const unit = metrics.find(({ id }) => id === metric)?.unit ?? "ratio";
    const ratios = compared.map(({ id }) =>
      ratioText(comparisonOf(result, scenario, id, metric), metric, colors),
    );
    table.push([label, ...values.map((value) => quantityText(value, unit)), ...ratios]);
  }
  return table.toString();
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

/** Rows down, deliveries across: the peak of the server's memory over its idle memory. */
function memoryTable(result: BenchResult, colors: Colors): string {
  const curves = memoryCurves(result);
  if (curves.length === 0) return "";
  const table = plainTable(
    ["peak memory over idle", ...curves.map(({ delivery }) => delivery)].map(colors.bold),
  );
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted(
    (a, b) => a - b,
  );
  for (const rows of sizes) {
    const peaks = curves.map(({ points }) => points.find(({ x }) => x === rows)?.y ?? null);
    table.push([`${formatCount(rows)} rows`, ...peaks.map((peak) => quantityText(peak, "bytes"))]);
  }
  const bytesPerRow = bytesPerRowOf(result);
  const slopes = curves.map(({ growth }) => (growth === null ? "–" : `${significant(growth.slope, 2)} B`));
  table.push(["more for each row", ...slopes]);
  const note =
    bytesPerRow === null ? "" : `\n${colors.dim(`a row has ${significant(bytesPerRow, 3)} bytes`)}`;
  return `${table.toString()}${note}`;
}

/** A table with a line under its head and otherwise only space, numbers to the right. */
function plainTable(head: readonly string[]): InstanceType<typeof Table> {
  const none = { top: "", "top-mid": "", "top-left": "", "top-right": "" };
  const bottom = { bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" };
  const sides = {
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  };
  return new Table({
    head: [...head],
    chars: { ...none, ...bottom, ...sides },
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
    // The library's own colours are off: it would not ask whether this is a terminal.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
}

function listOf(title: string, sentences: readonly string[], colors: Colors): string {
  if (sentences.length === 0) return "";
  return [colors.bold(title), ...sentences.map((sentence) => wrapped(`• ${sentence}`))].join("\n");
}

const width = 100;

/** Breaks a sentence at spaces, with what follows indented. */
function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = " ";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

function verdictLine({ verdict, complete, exitCode }: BenchResult, colors: Colors): string {
  if (exitCode === 1) return colors.red("Failed before its end: what was measured until then is shown.");
  if (verdict === "invalid") return colors.red("Invalid: these numbers can't be trusted.");
  if (!complete) return colors.yellow("Incomplete: interrupted before its end.");
  return colors.dim(`Verdict: ${verdict}; nothing was held against a budget.`);
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
