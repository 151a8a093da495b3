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
