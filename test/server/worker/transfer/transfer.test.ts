import assert from "node:assert/strict";
import { pino } from "pino";
import { test } from "node:test";
import { systemClock } from "../../../../src/clock.ts";
import { StreamCsvError, type FaultCode } from "../../../../src/errors.ts";
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

const levels: readonly (readonly [code: FaultCode, level: number])[] = [
  ["SCSV_BUSY", warning],
  ["SCSV_DRAINING", warning],
  ["SCSV_BUFFER_MEMORY", warning],
  ["SCSV_SPOOL_SIZE", warning],
  ["SCSV_BAD_PARAMETER", warning],
  ["SCSV_SOURCE_UNREADABLE", errorLevel],
  ["SCSV_WORKER_FAILED", errorLevel],
];
for (const [code, level] of levels) {
  test(`logs a transfer that failed by ${code} as ${level === warning ? "a warning, without a stack" : "an error"}`, async () => {
    const line = await lineOfFailure(new StreamCsvError(code, "Why."));
    assert.equal(line["level"], level);
    assert.equal(line["err"] === undefined, level === warning);
  });
}
