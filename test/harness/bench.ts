import assert from "node:assert/strict";
import { runBench, type BenchConfig, type BenchRun } from "../../bench/index.ts";
import { endOnSignal } from "./children.ts";
import { cliPath } from "./cli.ts";

// Servers that a run starts in this process end when the process exits.
endOnSignal();

type BenchCheck = BenchRun["result"]["checks"][number];

/** A quick run of one round against our own server. */
export function benchOwnServer(config: Partial<BenchConfig>): Promise<BenchRun> {
  return runBench(
    { rounds: 1, seed: 1, isQuick: true, ...config },
    { cli: [process.execPath, cliPath], tool: { name: "stream-csv", version: "0.0.0" } },
  );
}

/** Long rows, so that large bodies are made quickly and fluctuations of memory are small in comparison. */
export function benchScaling(delivery: string, rows: number): Promise<BenchRun> {
  return benchOwnServer({ exportName: "text", scenarios: ["scaling"], deliveries: [delivery], rows });
}

/** The fitted memory per row, as a share of the bytes of a row. */
export function slopeShare({ result }: BenchRun, delivery: string): number {
  const observed = result.checks.find(({ id }) => id === `scaling.${delivery}.slope_bytes_per_row`)?.observed;
  assert.ok(typeof observed === "number");
  return observed / ((result.integrity.bytes ?? 0) / (result.integrity.rows ?? 1));
}

/**
 * Whether a check's value is near what it expected, within some of its tolerances. How near depends on the machine;
 * the test is about the judgement.
 */
export function assertCheck(check: BenchCheck | undefined, tolerances: number): void {
  assert.ok(check !== undefined);
  const { expected, observed, tolerance, ok } = check;
  assert.ok(typeof expected === "number" && typeof observed === "number" && tolerance !== null);
  const off = Math.abs(observed - expected);
  assert.equal(ok, off <= tolerance, JSON.stringify(check));
  assert.ok(off <= tolerances * tolerance, JSON.stringify(check));
}
