/**
 * Reads a decimal as the 32-bit number that is nearest to it. `Math.fround(Number(text))` rounds twice: where the first
 * rounding ends exactly half-way between two 32-bit numbers, the second one can't know on which side the decimal was.
 */
export function readSingle(text: string): number {
  const read = Number(text);
  const near = Math.fround(read);
  // The other neighbor of a number that is half-way between two.
  const other = 2 * read - near;
  if (read === near || Math.fround(other) !== other) return near;
  const side = compareDecimal(text, read);
  return side !== 0 && side > 0 === other > near ? other : near;
}

/**
 * Compares a decimal such as `-1.5e-7` exactly with a 64-bit number of the same sign. Below 0 if the decimal is less than the
 * number, 0 if both are equal, above 0 if it is greater.
 */
export function compareDecimal(text: string, value: number): number {
  const [mantissa = "", exponentText = "0"] = text.replace(/^-/, "").split("e");
  const [whole = "", decimals = ""] = mantissa.split(".");
  const power = Number(exponentText) - decimals.length;
  const { fraction, exponent } = binaryParts(Math.abs(value));
  const decimal = (BigInt(whole + decimals) * tenTo(power)) << BigInt(Math.max(0, -exponent));
  const binary = (fraction * tenTo(-power)) << BigInt(Math.max(0, exponent));
  const sign = decimal < binary ? -1 : decimal > binary ? 1 : 0;
  return text.startsWith("-") ? 0 - sign : sign;
}

function tenTo(power: number): bigint {
  return 10n ** BigInt(Math.max(0, power));
}

/** Splits a positive number into `fraction · 2^exponent`, both whole numbers. */
export function binaryParts(value: number): { readonly fraction: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const stored = Number(word >> 52n);
  const fraction = word & (2n ** 52n - 1n);
  return stored === 0
    ? { fraction, exponent: -1074 }
    : { fraction: fraction | (2n ** 52n), exponent: stored - 1075 };
}
