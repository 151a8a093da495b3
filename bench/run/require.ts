import { didYouMean } from "../../src/ground.ts";

/**
 * The known ones among those wanted, in the order they are known, each once.
 * @param what names one of them in messages
 * @throws RangeError when one is not known, or none is wanted
 */
export function chosenFrom<T extends string>(
  what: string,
  wanted: readonly string[],
  known: readonly T[],
): readonly T[] {
  const unknown = wanted.find((item) => !known.some((name) => name === item));
  if (unknown !== undefined || wanted.length === 0) {
    throw new RangeError(
      unknown === undefined
        ? `No ${what} is named; there are: ${known.join(", ")}.`
        : `"${unknown}" is not a ${what}; there are: ${known.join(", ")}.${didYouMean(unknown, known)}`,
    );
  }
  return known.filter((name) => wanted.includes(name));
}

/** @throws RangeError unless the value is a whole number within both bounds */
export function requireCount(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is ${value}, and must be a whole number from ${least} to ${most}.`);
}
