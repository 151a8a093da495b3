import assert from "node:assert/strict";
import { test } from "node:test";
import type { BenchResult } from "../../../bench/index.ts";
import { buildReport } from "../../../bench/report/build-report.ts";
import { shownCell } from "../../../bench/report/shown-cell.ts";
import { tablesOf } from "./read-tables.ts";
import { fixtureResult } from "./results.ts";

/** The fixture, whose four readers seem to have held half a slot more than there are. */
function resultOf(config: Readonly<Record<string, unknown>>, delivery?: string): BenchResult {
  const result = fixtureResult("explaining");
  const text = JSON.stringify({ ...result, config: { ...result.config, ...config } })
    .replaceAll(/"(slots_held|busy_slots)":[\d.]+/g, '"$1":4.5')
    .replaceAll(/"delivery":"(\w+)"/g, (whole) =>
      delivery === undefined ? whole : `"delivery":"${delivery}"`,
    );
  return JSON.parse(text) as BenchResult;
}

/** What all tables show of slots. */
function shownSlots(result: BenchResult): ReadonlySet<string> {
  const rows = tablesOf(buildReport(result)).flatMap((table) =>
    table.caption === "Checks" ? [] : table.rows,
  );
  return new Set(
    rows
      .filter(([label]) => label?.kind === "text" && /^(slots held|busy slots)/.test(label.text))
      .flatMap((row) =>
        row.flatMap((cell) => (cell.kind === "quantity" && cell.value !== null ? [shownCell(cell)] : [])),
      ),
  );
}

for (const [what, config, delivery, shown] of [
  ["readers, since each holds one", { readers: 4 }, undefined, "4.0"],
  ["slots of our server's workers", { workers: 2, slots: 2 }, undefined, "4.0"],
  ["sync workers, each of which is a slot", { workers: 3, workerModel: "sync" }, undefined, "3.0"],
  ["readers of another server, whatever slots ours would have", { readers: 5, slots: 1 }, "api", "4.5"],
] as const) {
  test(`no table shows more slots than there are ${what}`, () => {
    assert.deepEqual([...shownSlots(resultOf(config, delivery))], [shown]);
  });
}
