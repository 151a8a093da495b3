import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runBench, type BenchConfig, type BenchRun } from "../../bench/index.ts";

const cli = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));

/** A quick run against our own server, of one round. */
export function benchOwnServer(config: Partial<BenchConfig>): Promise<BenchRun> {
  return runBench(
    { rounds: 1, seed: 1, isQuick: true, ...config },
    { cli: [process.execPath, cli], tool: { name: "stream-csv", version: "0.0.0" } },
  );
}

/** Long rows, so that large bodies are made soon: what memory wavers by is little beside them. */
export function benchScaling(delivery: string, rows: number): Promise<BenchRun> {
  return benchOwnServer({ exportName: "text", scenarios: ["scaling"], deliveries: [delivery], rows });
}

/** The fitted bytes of memory a row takes, as a share of the bytes of a row. */
export function slopeShare({ result }: BenchRun, delivery: string): number {
  const observed = result.checks.find(({ id }) => id === `scaling.${delivery}.slope_bytes_per_row`)?.observed;
  assert.ok(typeof observed === "number");
  return observed / ((result.integrity.bytes ?? 0) / (result.integrity.rows ?? 1));
}
