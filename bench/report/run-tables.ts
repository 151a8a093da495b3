import { formatBytes, formatCount } from "../../src/internal.ts";
import type { BenchResult } from "../result/schema.ts";
import { labelOf, shownMetrics } from "./metric-label.ts";
import { significant } from "./number-text.ts";
import { ratioCell } from "./scenario-tables.ts";
import type { ReportCell, ReportTable } from "./table.ts";
import { budgetText, gatedComparisons, shareText } from "./verdict.ts";

/** What the verdict rests on; null when nothing was held against a budget. */
export function gateTable(result: BenchResult): ReportTable | null {
  const gated = gatedComparisons(result);
  if (gated.length === 0) return null;
  const metrics = shownMetrics(result);
  return {
    caption: "Held against budgets",
    head: [
      "verdict",
      "metric",
      "compared",
      "ratio",
      "budget",
      "rounds",
      "level",
      "could have seen",
      "scenario",
    ],
    textColumns: [0, 1, 2, 8],
    rows: gated.map((item) => {
      const metric = metrics.find(({ id }) => id === item.metric);
      return [
        verdictCell(item.verdict),
        labelOf(item.metric),
        `${item.treatment} / ${item.control}`,
        ratioCell(item, metric),
        budgetText(item, metric),
        formatCount(item.n),
        item.level === null ? "–" : shareText(item.level),
        item.mde === null ? "–" : shareText(item.mde),
        item.scenario,
      ];
    }),
    note: "“Could have seen” is the smallest change found with a probability of 80 %.",
  };
}

function verdictCell(verdict: string): string | ReportCell {
  if (verdict === "pass") return { text: verdict, tone: "better" };
  return verdict === "regression" ? { text: verdict, tone: "worse" } : verdict;
}

/** What was checked on the bodies and on the instrument itself; null when nothing was. */
export function checkTable({ checks }: BenchResult): ReportTable | null {
  if (checks.length === 0) return null;
  return {
    caption: "Checks",
    head: ["check", "expected", "observed", "tolerance", "held"],
    textColumns: [0, 4],
    rows: checks.map(({ id, expected, observed, tolerance, ok }) => [
      id,
      observedText(expected),
      observedText(observed),
      observedText(tolerance),
      ok ? { text: "yes", tone: "better" } : { text: "no", tone: "worse" },
    ]),
  };
}

function observedText(value: number | string | null): string {
  if (typeof value !== "number") return value ?? "–";
  return Number.isInteger(value) ? formatCount(value) : significant(value, 4);
}

/** Where, when and with what was measured. */
export function settingTable(result: BenchResult): ReportTable {
  const { tool, createdAt, seed, environment, integrity, config } = result;
  const memory = environment.memoryLimitBytes;
  const rows: (readonly [string, string | null])[] = [
    ["measured", createdAt],
    ["by", `${tool.name} ${tool.version}`],
    ["commit", environment.gitSha],
    ["Node", environment.node],
    ["machine", `${environment.cores} × ${environment.cpuModel}, ${environment.os}`],
    ["memory", memory === null ? null : formatBytes(memory)],
    ["fingerprint", environment.fingerprint],
    ["seed", String(seed)],
    ["bytes of the body", integrity.bytes === null ? null : formatCount(integrity.bytes)],
    ["rows", integrity.rows === null ? null : formatCount(integrity.rows)],
    ["SHA-256", integrity.sha256],
    ["settings", JSON.stringify(config)],
  ];
  return {
    caption: "Setting",
    head: ["what", "value"],
    textColumns: [0, 1],
    rows: rows.flatMap(([what, value]) => (value === null ? [] : [[what, value]])),
  };
}

/** The arms, and how each was started where that isn't the tool itself. */
export function armTable({ arms }: BenchResult): ReportTable {
  return {
    caption: "Arms",
    head: ["scenario", "arm", "role", "delivery", "rows", "started as"],
    textColumns: [0, 1, 2, 3, 5],
    rows: arms.map(({ scenario, id, role, delivery, rows, command, url }) => [
      scenario,
      id,
      role,
      delivery,
      typeof rows === "number" ? formatCount(rows) : "–",
      command ?? url ?? "stream-csv serve",
    ]),
  };
}

/** What was measured, in a line: `orders: 100,000 rows, 10.6 MiB`. */
export function subjectText({ config, integrity }: BenchResult): string {
  const name = config["exportName"] ?? config["sourceFile"] ?? "export";
  const { rows, bytes } = integrity;
  const size = rows === null || bytes === null ? "" : `: ${formatCount(rows)} rows, ${formatBytes(bytes)}`;
  return `${typeof name === "string" ? name : JSON.stringify(name)}${size}`;
}
