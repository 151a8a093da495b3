import type { Arm, Round } from "../../../bench/result/result.ts";
import { seededRandom } from "../../../bench/statistics/random.ts";

/** By what this version and the second control are multiplied, and how far rounds stray. */
export interface Simulated {
  readonly count: number;
  readonly seed: number;
  readonly cpu?: number;
  readonly memoryBytes?: number;
  readonly againCpu?: number;
  /** Standard deviation of log values. */
  readonly noise?: number;
  readonly bodyBytes?: number;
}

export const arms: readonly Arm[] = [
  { id: "streaming", scenario: "export", role: "treatment", delivery: "streaming" },
  { id: "streaming-other", scenario: "export", role: "control", delivery: "streaming" },
  { id: "streaming-again", scenario: "export", role: "aa", delivery: "streaming" },
];

const mib = 1024 ** 2;

/** Rounds as a gating run would give them. */
export function simulateRounds(simulated: Simulated): readonly Round[] {
  const { count, seed, cpu = 1, memoryBytes = 0, againCpu = 1, noise = 0.01, bodyBytes = 1000 } = simulated;
  const random = seededRandom(seed);
  const stray = (): number =>
    Math.exp(noise * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  return Array.from({ length: count }, (_, index): Round => {
    const machine = 1 + 0.3 * random();
    const arm = (factor: number, more: number, bytes: number): Record<string, number> => ({
      cpu_s_per_mib: 0.01 * machine * factor * stray(),
      peak_rss_over_idle_bytes: 20 * mib * stray() + more,
      rows: 500,
      body_bytes: bytes,
    });
    return {
      scenario: "export",
      index,
      order: arms.map(({ id }) => id),
      valid: true,
      arms: {
        streaming: arm(cpu, memoryBytes, bodyBytes),
        "streaming-other": arm(1, 0, 1000),
        "streaming-again": arm(againCpu, 0, 1000),
      },
    };
  });
}

/** The same rounds with one metric of every arm set to a value. */
export function withMetric(rounds: readonly Round[], metric: string, value: number | null): readonly Round[] {
  return rounds.map((round) => {
    const measured = Object.entries(round.arms).map(([id, values]) => [id, { ...values, [metric]: value }]);
    return { ...round, arms: Object.fromEntries(measured) };
  });
}
