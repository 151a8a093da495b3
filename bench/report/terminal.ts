import picocolors from "picocolors";
import { formatBytes, formatCount } from "../../src/index.ts";
import { metrics, type MetricId } from "../result/metric.ts";
import type { BenchResult, Comparison } from "../result/schema.ts";
import { adviceSentences } from "./advice.ts";
import { fitTable } from "./fit-table.ts";
import { factorText, quantityText, significant } from "./number-text.ts";
import { gateTable } from "./run-tables.ts";
import { syncWorkersTable } from "./sync-workers-table.ts";
import { bytesPerRowOf, comparisonOf, expectedOf, measuredArms, medianOf, memoryCurves } from "./summary.ts";
import { cellText } from "./table.ts";
import { concludeInWords } from "./verdict.ts";

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

/** How a report is written: for whom, how wide, and which footnotes belong to an arm. */
interface Look {
  readonly colors: Colors;
  readonly width: number;
}

const usualWidth = 100;
const narrowest = 40;

/**
 * A result as text for a person: a table for each scenario, then what they mean, then footnotes. It keeps within the
 * width where a table of two columns does; a wider table goes on below itself.
 */
export function terminalReport(result: BenchResult, { hasColor, columns }: TerminalReportOptions): string {
  const look: Look = {
    colors: picocolors.createColors(hasColor),
    width: Math.max(narrowest, columns ?? usualWidth),
  };
  return [
    heading(result, look),
    exportTable(result, look),
    ...tables.map((table) => titledTable(result, table, look)),
    memoryTable(result, look),
    syncWorkersText(result, look),
    listOf("What it means", adviceSentences(result), look),
    budgetTable(result, look),
    footnotes(result, look),
    verdictText(result, look),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function heading({ config, integrity, environment }: BenchResult, { colors, width }: Look): string {
  const name = colors.bold(String(config["exportName"] ?? config["sourceFile"]));
  const size =
    integrity.rows === null || integrity.bytes === null
      ? ""
      : `: ${formatCount(integrity.rows)} rows, ${formatBytes(integrity.bytes)}`;
  const server = `${counted(Number(config["workers"]), "worker")} with ${counted(Number(config["slots"]), "slot")}`;
  const machine = `${environment.node}, ${environment.cores} × ${environment.cpuModel}, ${environment.os}`;
  return `${name}${size}; ${server}\n${colors.dim(wrapped(machine, width, ""))}`;
}

/** Metrics down, arms across, and what each is in relation to the buffered one. */
function exportTable(result: BenchResult, look: Look): string {
  const title = "one export at a time, at full speed";
  const table = titledTable(result, { scenario: "export", title, shown: exportMetrics }, look);
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
  return `${table}\n${look.colors.dim(`medians of ${counted(timed.length, "round")}${interval}`)}`;
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

/** Rows down, arms across: the peak of the server's memory over its idle memory. */
function memoryTable(result: BenchResult, { colors, width }: Look): string {
  const curves = memoryCurves(result);
  if (curves.length === 0) return "";
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted(
    (a, b) => a - b,
  );
  const rows = sizes.map((size): readonly string[] => {
    const peaks = curves.map(({ points }) => points.find(({ x }) => x === size)?.y ?? null);
    return [`${formatCount(size)} rows`].concat(peaks.map((peak) => quantityText(peak, "bytes")));
  });
  const bytesPerRow = bytesPerRowOf(result);
  const orders = { flat: "O(1)", grows: "O(n)", unclear: "unclear" } as const;
  rows.push(
    [
      "more for each row",
      ...curves.map(({ growth }) => (growth === null ? "–" : `${significant(growth.slope, 2)} B`)),
    ],
    ["so memory is", ...curves.map(({ growth }) => (growth === null ? "–" : orders[growth.order]))],
  );
  const head = ["peak memory over idle", ...curves.map(({ delivery }) => delivery)].map((text) =>
    colors.bold(text),
  );
  const note =
    bytesPerRow === null ? "" : `\n${colors.dim(`a row has ${significant(bytesPerRow, 3)} bytes`)}`;
  return `${colors.bold("memory against rows")}\n${fitTable({ head, rows }, width)}${note}`;
}

/** Deliveries and clients down, since there are too many to stand side by side. */
function syncWorkersText(result: BenchResult, { colors, width }: Look): string {
  const text = syncWorkersTable(result);
  if (text === null) return "";
  const head = text.head.map((title) => (title === "" ? "" : colors.bold(title)));
  const title = "clients without a pause at sync workers, in brackets what is to be expected";
  return `${colors.bold(title)}\n${fitTable({ head, rows: text.rows }, width)}`;
}

function listOf(title: string, sentences: readonly string[], { colors, width }: Look): string {
  if (sentences.length === 0) return "";
  return [colors.bold(title), ...sentences.map((sentence) => wrapped(`• ${sentence}`, width))].join("\n");
}

/** Warnings, numbered as the tables' heads refer to them. */
function footnotes({ warnings }: BenchResult, { width }: Look): string {
  return warnings.map((warning, index) => wrapped(`${superscript(index + 1)} ${warning}`, width)).join("\n");
}

/** The footnotes that begin with the name of an arm. */
function marksOf({ warnings }: BenchResult, arm: string): string {
  const marks = warnings.flatMap((warning, index) =>
    warning.startsWith(`${arm} `) ? [superscript(index + 1)] : [],
  );
  return marks.length === 0 ? "" : ` ${marks.join(",")}`;
}

function superscript(count: number): string {
  return String(count).replaceAll(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? digit);
}

/** Breaks a sentence at spaces, with what follows indented. */
function wrapped(text: string, width: number, indent = "  "): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent.slice(1);
      line = indent === "" ? word : `${line} ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** What was held against budgets, so that it can be seen how near it came; empty in a run that only informs. */
function budgetTable(result: BenchResult, { colors, width }: Look): string {
  const table = gateTable(result);
  if (table === null) return "";
  const rows = table.rows.map((row) => row.map(cellText));
  // What is read first stands first: what was held, and only then what became of it.
  const order = [1, 2, 3, 4, 7, 5, 6, 0];
  const pick = (row: readonly string[]): readonly string[] => order.map((index) => row[index] ?? "");
  const head = pick(table.head).map((title) => colors.bold(title));
  const note = table.note === undefined ? "" : `\n${colors.dim(wrapped(table.note, width, ""))}`;
  return `${colors.bold(table.caption)}\n${fitTable({ head, rows: rows.map(pick) }, width)}${note}`;
}

/** The verdict, and in a run that gates what led to it. */
function verdictText(result: BenchResult, { colors, width }: Look): string {
  const line = verdictLine(result, colors);
  const { reasons = [] } = result;
  return [line, ...reasons.map((reason) => wrapped(`• ${reason}`, width))].join("\n");
}

function verdictLine(result: BenchResult, colors: Colors): string {
  const { verdict, complete, exitCode } = result;
  if (exitCode === 1) return colors.red("Failed before its end: what was measured until then is shown.");
  if (verdict === "invalid") return colors.red("Invalid: these numbers can't be trusted.");
  if (!complete) return colors.yellow("Incomplete: interrupted before its end.");
  const { tone, title } = concludeInWords(result);
  if (tone === "neutral") return colors.dim(`Verdict: ${verdict}; nothing was held against a budget.`);
  const paint = { good: colors.green, bad: colors.red, doubt: colors.yellow }[tone];
  return paint(`${title}.`);
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
