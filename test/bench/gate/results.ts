import { metrics } from "../../../bench/result/metric.ts";
import {
  resultFormat,
  type BenchResult,
  type CheckedBody,
  type Round,
} from "../../../bench/result/result.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";

/** What differs from an ordinary run. */
export interface SimulatedRun {
  readonly seed: number;
  readonly rounds?: number;
  /** What CPU and time of the streaming delivery are multiplied by. */
  readonly cpu?: number;
  readonly memoryBytes?: number;
  /** How fast the machine is: all times are divided by it. */
  readonly speed?: number;
  readonly fingerprint?: string;
  readonly rows?: number;
  readonly exportName?: string;
  readonly sha256?: string;
  /** What each delivery gave; absent as in files of earlier versions. */
  readonly bodies?: readonly CheckedBody[];
  readonly complete?: boolean;
  readonly verdict?: BenchResult["verdict"];
}

const mib = 1024 ** 2;
const arms = ["streaming", "buffered"] as const;

/** A result file of an explaining run. */
export function simulateResult(run: SimulatedRun): BenchResult {
  const { seed, rounds = 12, cpu = 1, memoryBytes = 0, speed = 1, rows = 500, complete = true } = run;
  const random = seededRandom(seed);
  const stray = (): number => 0.99 + 0.02 * random();
  const measured = (arm: string): Record<string, number> => {
    const own = arm === "streaming" ? cpu : 1.2;
    return {
      total_s: (own * stray()) / speed,
      cpu_s_per_mib: (0.01 * own * stray()) / speed,
      peak_rss_over_idle_bytes: (arm === "streaming" ? 10 * mib + memoryBytes : 90 * mib) * stray(),
      rows,
      body_bytes: rows * 100,
    };
  };
  return {
    schema: resultFormat,
    tool: { name: "stream-csv", version: "0.1.0" },
    createdAt: "2026-01-01T00:00:00.000Z",
    seed,
    environment: {
      node: "v20.0.0",
      os: "linux",
      cpuModel: "a CPU",
      cores: 2,
      memoryLimitBytes: 2 ** 32,
      gitSha: "abc",
      fingerprint: run.fingerprint ?? "here",
    },
    config: { exportName: run.exportName ?? "orders", sourceFile: null, workers: 1, slots: 32 },
    arms: [
      ...arms.map((id) => ({
        id,
        scenario: "export",
        role: id === "buffered" ? ("control" as const) : ("treatment" as const),
        delivery: id,
      })),
      { id: "buffered-again", scenario: "export", role: "aa", delivery: "buffered" },
    ],
    rounds: Array.from({ length: rounds }, (_, index): Round => ({
      scenario: "export",
      index,
      order: [...arms, "buffered-again"],
      valid: true,
      arms: Object.fromEntries([...arms, "buffered-again"].map((arm) => [arm, measured(arm)])),
    })),
    metrics: metrics.map(({ id, unit, better, gate }) => ({ id, unit, better, gate })),
    comparisons: [],
    checks: [],
    integrity: {
      bytes: rows * 100,
      rows,
      sha256: run.sha256 ?? "feed",
      equal: true,
      ...(run.bodies === undefined ? {} : { bodies: run.bodies }),
    },
    warnings: [],
    verdict: run.verdict ?? "informational",
    exitCode: 0,
    complete,
  };
}
