import assert from "node:assert/strict";
import { pino } from "pino";
import { test } from "node:test";
import { systemClock } from "../../../../src/clock.ts";
import { faultCatalog, StreamCsvError, type FaultCode } from "../../../../src/errors.ts";
import { openCatalog } from "../../../../src/export/catalog.ts";
import { readExportParameters } from "../../../../src/export/parameters.ts";
import { planExport } from "../../../../src/export/plan.ts";
import { RunningTransfers, type TransferContext } from "../../../../src/server/worker/transfer/transfer.ts";

const warning = 40;
const errorLevel = 50;

/** The log line of a transfer that failed. */
async function lineOfFailure(error: Error): Promise<Readonly<Record<string, unknown>>> {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  // Only notes are sent here, and no process receives them.
  const primary = { note: () => undefined } as unknown as TransferContext["primary"];
  const transfers = new RunningTransfers({ primary, log, clock: systemClock, newId: () => "t1" });
  const plan = planExport(await (await openCatalog()).find("orders"), readExportParameters([]));
  const slot = { queueWaitSeconds: 0, release: () => 0 };
  transfers.begin(plan, slot, new AbortController().signal, { requestId: "r1" }).fail(error);
  return JSON.parse(lines[0] ?? "{}") as Readonly<Record<string, unknown>>;
}

test("logs a transfer that failed as a warning without a stack, unless the fault is a 500", async () => {
  for (const code of Object.keys(faultCatalog) as FaultCode[]) {
    const error = new StreamCsvError(code, "Why.");
    const line = await lineOfFailure(error);
    assert.equal(line["level"], error.status === 500 ? errorLevel : warning, code);
    assert.equal(line["err"] === undefined, error.status !== 500, code);
  }
});

const levels: readonly (readonly [title: string, error: Error, level: number])[] = [
  ["a full disk", new StreamCsvError("SCSV_SPOOL_FULL", "Why."), warning],
  ["a database that is too slow", new StreamCsvError("SCSV_QUERY_TIMEOUT", "Why."), warning],
  ["a lack of descriptors", Object.assign(new Error("Why."), { code: "EMFILE" }), warning],
  ["a bug", new TypeError("Why."), errorLevel],
  ["a bad disk", Object.assign(new Error("Why."), { code: "EIO" }), errorLevel],
];
for (const [title, error, level] of levels) {
  test(`logs a transfer that failed by ${title} as ${level === warning ? "a warning, without a stack" : "an error"}`, async () => {
    const line = await lineOfFailure(error);
    assert.equal(line["level"], level);
    assert.equal(line["err"] === undefined, level === warning);
  });
}
