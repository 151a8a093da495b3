import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openCatalog } from "../../../src/export/catalog.ts";
import { readExportParameters } from "../../../src/export/parameters.ts";
import { planExport } from "../../../src/export/plan.ts";
import { buildFile, type BuildLimits } from "../../../src/spool/builder/build-file.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "build-"));
});
after(() => rm(folder, { recursive: true }));

const long: BuildLimits = { hangTimeoutMs: 600_000, stallTimeoutMs: 600_000 };

/** Builds a file of this many rows; `onProgress` is called before each piece is written. */
async function build(rows: number, limits: BuildLimits, onProgress: () => void = () => undefined) {
  const parameters = readExportParameters([["rows", String(rows)]]);
  const { key } = planExport(await (await openCatalog()).find("orders"), parameters);
  const request = { name: "orders", source: null, parameters, key, path: join(folder, randomUUID()) };
  const room = {
    reserve: (_: number, wanted: number): Promise<number> => {
      onProgress();
      return Promise.resolve(wanted);
    },
    freeDisk: () => Promise.resolve(false),
  };
  return await buildFile(request, room, new AbortController().signal, limits);
}

function childrenOfThis(): readonly number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

const skip = process.platform === "linux" ? false : "needs /proc";

test("writes a file and leaves no process", { skip }, async () => {
  const { rows } = await build(1000, long);
  assert.equal(rows, 1000);
  assert.deepEqual(childrenOfThis(), []);
});

test("kills a builder that is stopped, says so, and leaves no process", { skip }, async () => {
  const isStopped = { yet: false };
  const stop = (): void => {
    if (!isStopped.yet) for (const pid of childrenOfThis()) process.kill(pid, "SIGSTOP");
    isStopped.yet = true;
  };
  await assert.rejects(build(50_000_000, { ...long, hangTimeoutMs: 400 }, stop), {
    code: "SCSV_WORKER_FAILED",
    message: /"orders" didn't answer for 0\.4 s/,
  });
  assert.deepEqual(childrenOfThis(), []);
});

test("kills a builder that answers but writes nothing more", { skip }, async () => {
  // The builder's start takes longer than this, and nothing is written before.
  await assert.rejects(build(1000, { hangTimeoutMs: 40, stallTimeoutMs: 1 }), {
    code: "SCSV_WORKER_FAILED",
  });
  assert.deepEqual(childrenOfThis(), []);
});
