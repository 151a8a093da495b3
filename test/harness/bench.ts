import assert from "node:assert/strict";
import { runBench, type BenchConfig, type BenchRun } from "../../bench/index.ts";
import { endOnSignal } from "./children.ts";
import { cliPath } from "./cli.ts";

// Servers that a run starts in this process are ended when it exits.
endOnSignal();

type BenchCheck = BenchRun["result"]["checks"][number];

/** A quick run against our own server, of one round. */
export function benchOwnServer(config: Partial<BenchConfig>): Promise<BenchRun> {
  return runBench(
    { rounds: 1, seed: 1, isQuick: true, ...config },
    { cli: [process.execPath, cliPath], tool: { name: "stream-csv", version: "0.0.0" } },
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

/**
 * Whether a check saw what it expected, give or take some of its tolerances: how near it comes is the machine's matter,
 * whether it judges that rightly is ours.
 */
export function assertCheck(check: BenchCheck | undefined, tolerances: number): void {
  assert.ok(check !== undefined);
  const { expected, observed, tolerance, ok } = check;
  assert.ok(typeof expected === "number" && typeof observed === "number" && tolerance !== null);
  const off = Math.abs(observed - expected);
  assert.equal(ok, off <= tolerance, JSON.stringify(check));
  assert.ok(off <= tolerances * tolerance, JSON.stringify(check));
}
