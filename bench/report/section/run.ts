import { formatBytes, formatCount, formatCountOf, isDelivery } from "../../../src/ground.ts";
import type { BenchResult, Check } from "../../result/result.ts";
import type { Section } from "../model/report.ts";
import { quantityCell, textCell, type Cell, type Table } from "../model/table.ts";
import { significant } from "../number-text.ts";

/** How and where was measured. */
export function runSection(result: BenchResult): Section {
  return {
    kind: "run",
    name: "the run",
    heading: "The run",
    details: [settingTable(result), armTable(result), ...checkTables(result)],
  };
}

function settingTable(result: BenchResult): Table {
  const { tool, createdAt, seed, environment, integrity, config } = result;
  const { gitSha, memoryLimitBytes, fingerprint } = environment;
  const rows: readonly (readonly [string, string | null])[] = [
    ["measured", createdAt],
    ["by", `${tool.name} ${tool.version}`],
    ["commit", gitSha],
    ["Node", versionOf(environment)],
    ["machine", machineText(environment)],
    ["memory", memoryLimitBytes === null ? null : formatBytes(memoryLimitBytes)],
    ["fingerprint", fingerprint],
    ["seed", String(seed)],
    ["bytes of the body", integrity.bytes === null ? null : formatCount(integrity.bytes)],
    ["rows", integrity.rows === null ? null : formatCount(integrity.rows)],
    ["SHA-256", integrity.sha256],
    ["settings", JSON.stringify(config)],
  ];
  return {
    caption: "Setting",
    columns: [
      { title: "what", align: "left" },
      { title: "value", align: "left" },
    ],
    rows: rows.flatMap(([what, value]) => (value === null ? [] : [[textCell(what), textCell(value)]])),
  };
}

/** The arms, and how the server of each was started. */
function armTable({ arms }: BenchResult): Table {
  return {
    caption: "Arms",
    columns: [
      { title: "scenario", align: "left" },
      { title: "arm", align: "left" },
      { title: "role", align: "left" },
      { title: "delivery", align: "left" },
      { title: "rows" },
      { title: "started as", align: "left" },
    ],
    rows: arms.map(({ scenario, id, role, delivery, rows, command, url }) => [
      textCell(scenario),
      textCell(id),
      textCell(role),
      textCell(delivery),
      quantityCell(rows ?? null, "count"),
      textCell(command ?? url ?? "stream-csv serve"),
    ]),
  };
}

/** What was checked on the bodies and on the instrument itself. */
function checkTables({ checks }: BenchResult): readonly Table[] {
  if (checks.length === 0) return [];
  return [
    {
      caption: "Checks",
      columns: [
        { title: "check", align: "left" },
        { title: "expected" },
        { title: "observed" },
        { title: "tolerance" },
        { title: "held", align: "left" },
      ],
      rows: checks.map(({ id, expected, observed, tolerance, ok }) => [
        textCell(id),
        observedCell(expected),
        observedCell(observed),
        observedCell(tolerance),
        ok ? textCell("yes", "better") : textCell("no", "worse"),
      ]),
    },
  ];
}

function observedCell(value: Check["observed"]): Cell {
  if (typeof value !== "number") return textCell(value ?? "–");
  return Number.isInteger(value) ? quantityCell(value, "count") : textCell(significant(value, 4));
}

/** What was measured, in a line: `orders: 100,000 rows, 10.6 MiB`. */
export function subjectText(result: BenchResult): string {
  const { arms, config, integrity } = result;
  // Without a delivery of our own, the export is that of the other servers.
  const measured = arms.length === 0 ? targetNames(result) : arms.map(({ delivery }) => delivery);
  const targets = isForeign(result) ? [...new Set(measured)].join(", ") : null;
  const name = targets ?? config["exportName"] ?? config["sourceFile"] ?? "export";
  const { rows, bytes } = integrity;
  const size = rows === null || bytes === null ? "" : `: ${formatCount(rows)} rows, ${formatBytes(bytes)}`;
  return `${typeof name === "string" ? name : JSON.stringify(name)}${size}`;
}

/** Whether only other servers were measured, or were to be measured in a run that failed before. */
function isForeign(result: BenchResult): boolean {
  const { arms, config } = result;
  if (arms.length > 0) return !arms.some(({ delivery }) => isDelivery(delivery));
  const { deliveries } = config;
  return Array.isArray(deliveries) && deliveries.length === 0 && targetNames(result).length > 0;
}

function targetNames({ config: { targets } }: BenchResult): readonly string[] {
  if (!Array.isArray(targets)) return [];
  return targets.flatMap((target: { readonly name?: unknown } | null) =>
    typeof target?.name === "string" ? [target.name] : [],
  );
}

/** Our server, where it was measured, the machine, the tool and the time, in a line. */
export function circumstancesText(result: BenchResult): string {
  const { config, environment, tool, createdAt } = result;
  const { workers, slots } = config;
  const server =
    !isForeign(result) && typeof workers === "number" && typeof slots === "number"
      ? [`${formatCountOf(workers, "worker")} with ${formatCountOf(slots, "slot")}`]
      : [];
  const parts = [
    ...server,
    `Node ${versionOf(environment)}`,
    machineText(environment),
    `${tool.name} ${tool.version}`,
    minuteText(createdAt),
  ];
  return parts.join("; ");
}

/** `2026-11-28 14:05 UTC`; what isn't such a time is shown as it is. */
function minuteText(time: string): string {
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):[\d.]+Z$/.exec(time) ?? [];
  return day === undefined || minute === undefined ? time : `${day} ${minute} UTC`;
}

function versionOf({ node }: BenchResult["environment"]): string {
  return node.replace(/^v/, "");
}

function machineText({ cores, cpuModel, os }: BenchResult["environment"]): string {
  return `${cores} × ${cpuModel}, ${os}`;
}
