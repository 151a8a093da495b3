/** A source of numbers from 0 up to but not including 1. */
export type Random = () => number;

/**
 * A small generator whose whole sequence follows from its seed, so that the order of a run can be reproduced. It passes a
 * Weyl sequence through the last steps of MurmurHash3: good enough for shuffling, not for secrets.
 * @param seed a whole number from 0 to 2^53 − 1
 */
export function seededRandom(seed: number): Random {
  let state = scramble(seed >>> 0) ^ scramble(Math.floor(seed / 2 ** 32) + 0x6a09e667);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return scramble(state) / 2 ** 32;
  };
}

/** The items in a random order; every order is equally likely, because each item goes to a random place among those before it. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result: T[] = [];
  for (const item of items) result.splice(Math.floor(random() * (result.length + 1)), 0, item);
  return result;
}

/** Spreads every bit of a 32-bit number over all others. */
function scramble(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
