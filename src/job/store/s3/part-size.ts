const mebibyte = 1024 ** 2;
const firstBytes = 16 * mebibyte;
const largestBytes = 1024 * mebibyte;

/** Parts of the first size, before the size doubles for the first time and after each further step. */
const firstParts = 2000;
const partsPerStep = 1000;

/** What S3 allows. */
export const mostParts = 10_000;

/**
 * The size of a part by its number, counted from 1. S3 takes 10,000 parts, and the size of a result isn't known beforehand:
 * 2,000 parts have 16 MiB (31 GiB), and then the size doubles each 1,000 parts, up to 1 GiB, so that 3.9 TiB fit. Memory is two
 * parts, so only results of more than 31 GiB need more than 32 MiB.
 */
export function partBytesOf(number: number): number {
  const steps = number <= firstParts ? 0 : 1 + Math.floor((number - firstParts - 1) / partsPerStep);
  return Math.min(firstBytes * 2 ** steps, largestBytes);
}
