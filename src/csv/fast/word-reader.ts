const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** High halves of 64-bit numbers that a double holds exactly, −2^53 to 2^53 − 1, lie between these. */
const lowestHigh = -(2 ** 21);
const highestHigh = 2 ** 21;

/**
 * Reads 64-bit integers as doubles without making a bigint of each: from their two halves. NaN stands for those that
 * a double can't hold exactly.
 */
export function wordReader(values: BigInt64Array | BigUint64Array): (row: number) => number {
  if (!isLittleEndian)
    return (row) => {
      const value = Number(values[row]);
      return Number.isSafeInteger(value) ? value : Number.NaN;
    };
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const isSigned = values instanceof BigInt64Array;
  return (row) => {
    const high = words[2 * row + 1] ?? 0;
    const low = (words[2 * row] ?? 0) >>> 0;
    if (high >= highestHigh || high < (isSigned ? lowestHigh : 0)) return Number.NaN;
    return high * 4_294_967_296 + low;
  };
}
