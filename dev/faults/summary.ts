import type { RunRecord } from "./record.ts";

/** The record of a run as tables for people, findings last. */
export function summaryOf(record: RunRecord, facts: Readonly<Record<string, string>>): string {
  const faults = [...record.faultCounts].map(([name, count]) => [String(count), name]);
  const skipped = [...record.skipped].map(([name, reason]) => [name, reason]);
  const answers = [...record.answers]
    .toSorted(([first], [second]) => first.localeCompare(second))
    .map(([client, counts]) => [
      client,
      [...counts]
        .toSorted((first, second) => second[1] - first[1])
        .map(([what, count]) => `${what} × ${count}`)
        .join(", "),
    ]);
  const findings = record.findings.map(({ kind, count }) => [String(count), kind]);
  return [
    section("Faults injected", faults),
    section("Could not be injected at some time", skipped),
    section("Answers by client", answers),
    section("The run", Object.entries(facts)),
    section("Findings", findings.length > 0 ? findings : [["none"]]),
  ]
    .filter((text) => text !== "")
    .join("\n");
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([first = ""]) => first.length));
  const lines = rows.map(
    ([first = "", ...rest]) => `  ${[first.padEnd(width), ...rest].join("  ").trimEnd()}`,
  );
  return `${title}\n${lines.join("\n")}\n`;
}
