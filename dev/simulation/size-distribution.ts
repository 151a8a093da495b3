import type { Random } from "../../bench/statistics/random.ts";
import { parseByteSize } from "../../src/units.ts";

/** Draws the bytes of a result. */
export type SizeDistribution = (random: Random) => number;

/** What the standard normal distribution exceeds with a probability of 5 %. */
const normalP95 = 1.6448536269514722;

/**
 * Parses the sizes of results:
 *
 * - `p50=20MiB,p95=400MiB,p100=2GiB`: percentiles. Sizes between two of them are spread evenly on a logarithmic scale, and below
 *   the first one they are equal to it.
 * - `lognormal:20MiB,400MiB`: the log-normal distribution with this median and this 95th percentile
 * - `exponential:50MiB`: the exponential distribution with this mean
 * - `fixed:50MiB`: one size
 * @throws RangeError that quotes the text and says what is allowed
 */
export function parseSizes(text: string): SizeDistribution {
  const [, kind, list = ""] = /^(fixed|exponential|lognormal):(.*)$/.exec(text) ?? [];
  if (kind === undefined) return byPercentiles(text);
  const [first, second, ...rest] = list.split(",").map(bytesOf);
  if (first === undefined || rest.length > 0 || (second !== undefined) !== (kind === "lognormal"))
    throw unusable(text);
  if (kind === "fixed") return () => first;
  if (kind === "exponential") return (random) => exponential(random, first);
  if (second === undefined || second < first) throw unusable(text);
  const deviation = Math.log(second / first) / normalP95;
  return (random) => first * Math.exp(deviation * standardNormal(random));
}

/** A value of the exponential distribution with this mean. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random());
}

/** By Box and Muller. */
function standardNormal(random: Random): number {
  return Math.sqrt(exponential(random, 2)) * Math.cos(2 * Math.PI * random());
}

function byPercentiles(text: string): SizeDistribution {
  const points = text.split(",").map((part) => {
    const [, percent = "", size = ""] = /^p(\d+(?:\.\d+)?)=(.+)$/.exec(part.trim()) ?? [];
    if (percent === "") throw unusable(text);
    return { share: Number(percent) / 100, bytes: bytesOf(size) };
  });
  const isRising = points.every(({ share, bytes }, index) => {
    const before = points[index - 1];
    return before === undefined || (share > before.share && bytes >= before.bytes);
  });
  if (!isRising || points.at(-1)?.share !== 1) throw unusable(text);
  return (random) => {
    const share = random();
    const index = points.findIndex((point) => share < point.share);
    const [below, above] = [points[index - 1], points[index]!];
    if (below === undefined) return above.bytes;
    const way = (share - below.share) / (above.share - below.share);
    return below.bytes * (above.bytes / below.bytes) ** way;
  };
}

function bytesOf(text: string): number {
  const bytes = parseByteSize(text.trim());
  if (bytes > 0) return bytes;
  throw new RangeError(`"${text}" is not a size of a result. Use a size above 0, such as 20MiB.`);
}

function unusable(text: string): RangeError {
  return new RangeError(
    `--sizes "${text}" is not a distribution of sizes. Use rising percentiles up to p100 (p50=20MiB,p95=400MiB,p100=2GiB), ` +
      "lognormal:MEDIAN,P95, exponential:MEAN or fixed:SIZE.",
  );
}
