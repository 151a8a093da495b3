import { median } from "../../bench/statistics/median.ts";

/** The time of one run. */
export interface Taken {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/**
 * Runs contenders in turns, in the reverse order in every other round, so that none always follows the same one. A first
 * round only warms up.
 * @returns the times of each contender, by round
 */
export async function runInTurns(
  runs: readonly (() => Promise<unknown>)[],
  rounds: number,
): Promise<readonly (readonly Taken[])[]> {
  const taken = runs.map((): Taken[] => []);
  for (let round = -1; round < rounds; round += 1) {
    const order = [...runs.entries()];
    for (const [index, run] of round % 2 === 0 ? order : order.toReversed()) {
      const one = await timed(run);
      if (round >= 0) taken[index]?.push(one);
    }
  }
  return taken;
}

async function timed(run: () => Promise<unknown>): Promise<Taken> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 };
}

export function medianSeconds(taken: readonly Taken[]): number {
  return median(taken.map(({ seconds }) => seconds)) ?? Number.NaN;
}

/** The times of a contender relative to another one's in the same rounds: median, lowest and highest ratio. */
export function ratiosText(taken: readonly Taken[], others: readonly Taken[]): string {
  const text = (of: (one: Taken) => number): string => {
    const ratios = taken.map((one, round) => of(one) / of(others[round] ?? one));
    const [middle, low, high] = [median(ratios) ?? Number.NaN, Math.min(...ratios), Math.max(...ratios)];
    return `${middle.toFixed(2)} × (${low.toFixed(2)} to ${high.toFixed(2)})`;
  };
  return `time ${text((one) => one.seconds)}  CPU ${text((one) => one.cpuSeconds)}`;
}
