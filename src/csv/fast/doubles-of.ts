import type { IntegerVector } from "../batch.ts";
import { scratch } from "./column-buffer.ts";

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** High halves of 64-bit numbers that a double holds exactly, −2^53 to 2^53 − 1, lie between these. */
const lowestHigh = -(2 ** 21);
const highestHigh = 2 ** 21;

/** Arrays of numbers that can be read as doubles. */
export type NumberArray = Exclude<IntegerVector["values"], readonly bigint[]>;

/**
 * The values of rows `from` to `to` as doubles: the array itself where it holds doubles, indexed as it is, else a
 * scratch array that begins with row `from`. NaN stands for integers of 64 bits that a double can't hold exactly.
 */
export function doublesOf(values: NumberArray, from: number, to: number): Float64Array {
  if (values instanceof Float64Array) return values;
  if (scratch.numbers.length < to - from) scratch.numbers = new Float64Array(to - from);
  const { numbers } = scratch;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array)
    readWords(values, from, to, numbers);
  else numbers.set(values.subarray(from, to));
  return numbers;
}

/** Integers of 64 bits as doubles, computed from their two halves, so that no bigint is made. */
function readWords(
  values: BigInt64Array | BigUint64Array,
  from: number,
  to: number,
  numbers: Float64Array,
): void {
  if (!isLittleEndian) {
    for (let row = from; row < to; row += 1) {
      const value = Number(values[row]);
      numbers[row - from] = Number.isSafeInteger(value) ? value : Number.NaN;
    }
    return;
  }
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const lowest = values instanceof BigInt64Array ? lowestHigh : 0;
  for (let row = from; row < to; row += 1) {
    const high = words[2 * row + 1] ?? 0;
    const low = (words[2 * row] ?? 0) >>> 0;
    numbers[row - from] = high >= highestHigh || high < lowest ? Number.NaN : high * 4_294_967_296 + low;
  }
}
