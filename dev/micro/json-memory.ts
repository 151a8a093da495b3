/**
 * Measures the memory for writing NDJSON as CSV. Separate processes open and read a file of one megabyte, one of a
 * tenth of the given megabytes, and one of all of them. Prints the peak resident memory of each, before and after.
 *
 *     node dist/dev/micro/json-memory.js [MB]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { csvChunks, openSource } from "../../src/index.ts";
import { writeRecords } from "./json-records.ts";

function residentMebibytes(): string {
  return (process.resourceUsage().maxRSS / 1024).toFixed(0);
}

async function read(path: string): Promise<void> {
  const before = residentMebibytes();
  const begun = performance.now();
  const source = await openSource(path);
  const openSeconds = ((performance.now() - begun) / 1000).toFixed(1);
  let bytes = 0;
  for await (const chunk of csvChunks(source, { dialect: "unix" })) bytes += chunk.byteLength;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  process.stdout.write(
    `${String(source.rowCount)} rows, ${(bytes / 1e6).toFixed(0)} MB of CSV in ${seconds} s, of which ${openSeconds} s for opening: ${residentMebibytes()} MiB at the most, ${before} MiB before\n`,
  );
}

async function measure(megabytes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "stream-csv-micro-"));
  try {
    for (const size of [1, megabytes / 10, megabytes]) {
      const path = join(folder, `${size}.ndjson`);
      await writeRecords(path, "narrow", size * 1e6);
      await once(fork(fileURLToPath(import.meta.url), ["read", path]), "exit");
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [what = "1000", path = ""] = process.argv.slice(2);
await (what === "read" ? read(path) : measure(Number(what)));
