import picocolors from "picocolors";
import { formatBytes, formatCount } from "../../src/internal.ts";
import type { BenchResult } from "../result/schema.ts";
import { adviceSentences } from "./advice.ts";
import { fitTable } from "./fit-table.ts";
import { withPlainTexts } from "./plain-text.ts";
import { gateTable } from "./run-tables.ts";
import { syncWorkersTable } from "./sync-workers-table.ts";
import { cellText } from "./table.ts";
import { footnotes } from "./terminal/footnotes.ts";
import { counted, wrapped, type Colors, type Look } from "./terminal/look.ts";
import { memoryTable } from "./terminal/memory-table.ts";
import { exportTable, scenarioTables } from "./terminal/scenario-tables.ts";
import { concludeInWords } from "./verdict.ts";
import { versionsText } from "./versions-text.ts";

/** How a report is to look. */
export interface TerminalReportOptions {
  readonly hasColor: boolean;
  /**
   * Width of the terminal.
   * @default 100
   */
  readonly columns?: number;
}

const usualWidth = 100;
const narrowest = 40;

/**
 * A result as text for a person: a table for each scenario, then what they mean, then footnotes. It keeps within the
 * width where a table of two columns does; a wider table goes on below itself.
 */
export function terminalReport(measured: BenchResult, { hasColor, columns }: TerminalReportOptions): string {
  const result = withPlainTexts(measured);
  const look: Look = {
    colors: picocolors.createColors(hasColor),
    width: Math.max(narrowest, columns ?? usualWidth),
  };
  return [
    heading(result, look),
    exportTable(result, look),
    ...scenarioTables(result, look),
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

function heading(result: BenchResult, { colors, width }: Look): string {
  const { config, integrity, environment } = result;
  const name = colors.bold(String(config["exportName"] ?? config["sourceFile"]));
  const size =
    integrity.rows === null || integrity.bytes === null
      ? ""
      : `: ${formatCount(integrity.rows)} rows, ${formatBytes(integrity.bytes)}`;
  const server = `${counted(Number(config["workers"]), "worker")} with ${counted(Number(config["slots"]), "slot")}`;
  const machine = `${environment.node}, ${environment.cores} × ${environment.cpuModel}, ${environment.os}`;
  const versions = versionsText(result);
  return [
    `${name}${size}; ${server}`,
    ...(versions === null ? [] : [wrapped(versions, width, "")]),
    colors.dim(wrapped(machine, width, "")),
  ].join("\n");
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
