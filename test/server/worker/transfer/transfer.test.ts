import assert from "node:assert/strict";
import { pino } from "pino";
import { test } from "node:test";
import { systemClock } from "../../../../src/clock.ts";
import { faultCatalog, StreamCsvError, type FaultCode } from "../../../../src/errors.ts";
import type { Delivery } from "../../../../src/export/delivery.ts";
import { spoolFault } from "../../../../src/spool/spool-fault.ts";
import { openCatalog } from "../../../../src/export/catalog.ts";
import { readExportParameters } from "../../../../src/export/parameters.ts";
import { planExport } from "../../../../src/export/plan.ts";
import { RunningTransfers, type TransferContext } from "../../../../src/server/worker/transfer/transfer.ts";

const warning = 40;
const errorLevel = 50;

/** The log line of a transfer that failed. */
async function lineOfFailure(error: Error): Promise<Readonly<Record<string, unknown>>> {
  return (await failure(error, "streaming")).line;
}

/** What a transfer that failed logs, and tells the primary. */
async function failure(
  error: Error,
  delivery: Delivery,
): Promise<{
  readonly line: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}> {
  const lines: string[] = [];
  const notes: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  // Only notes are sent here, and no process receives them.
  const primary = { note: (name: string) => notes.push(name) } as unknown as TransferContext["primary"];
  const transfers = new RunningTransfers({ primary, log, clock: systemClock, newId: () => "t1" });
  const plan = planExport(await (await openCatalog()).find("orders"), readExportParameters([]));
  const slot = { queueWaitSeconds: 0, release: () => 0 };
  transfers
    .begin({
      subject: { ...plan, delivery },
      slot,
      clientGone: new AbortController().signal,
      identity: { requestId: "r1" },
    })
    .fail(error);
  return { line: JSON.parse(lines[0] ?? "{}") as Readonly<Record<string, unknown>>, notes };
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

const badDisk = Object.assign(new Error("Why."), { code: "EIO" });
const noDescriptor = Object.assign(new Error("Why."), { code: "EMFILE" });
const doubts: readonly (readonly [title: string, error: Error, delivery: Delivery, isDoubted: boolean])[] = [
  ["a prepared file that can't be read", badDisk, "file", true],
  ["a prepared file that can't be opened", spoolFault(badDisk), "file", true],
  ["a lack of descriptors", noDescriptor, "file", false],
  ["a prepared file that changed", new StreamCsvError("SCSV_FILE_CHANGED", "Why."), "file", false],
  ["a source on a bad disk", badDisk, "streaming", false],
];
for (const [title, error, delivery, isDoubted] of doubts) {
  test(`${isDoubted ? "has the file checked" : "has no file checked"} after ${title}`, async () => {
    const { notes } = await failure(error, delivery);
    assert.equal(notes.includes("doubtSpoolFile"), isDoubted);
  });
}
