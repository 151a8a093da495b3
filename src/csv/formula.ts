/**
 * Invisible characters, as ranges of code points: spaces, controls and characters of no width. A spreadsheet or an import
 * tool may drop them, so a formula after them is still a formula.
 */
const blankRanges: readonly (readonly [first: number, last: number])[] = [
  [0x00, 0x20],
  [0x7f, 0xa0],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x600, 0x605],
  [0x61c, 0x61c],
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x890, 0x891],
  [0x8e2, 0x8e2],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x206f],
  [0x2800, 0x2800],
  [0x3000, 0x3000],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x110bd, 0x110bd],
  [0x110cd, 0x110cd],
  [0x13430, 0x1343f],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

/** The characters that begin a formula: `=`, `+`, `-` and `@`, and their full-width forms. */
const starts = "=+\\-@\\uFF1D\\uFF0B\\uFF0D\\uFF20";
const blanks = blankRanges.map(([first, last]) => `${escaped(first)}-${escaped(last)}`).join("");

const formulaStart = new RegExp(`^[${blanks}]*[${starts}]`, "u");

/** A text that begins with a tab, line break or NUL is always guarded (OWASP ASVS 5.0, 1.2.10). */
const controlStart = /^[\t\r\n\0]/;

/**
 * A sign, then only digits, points, commas and spaces, then perhaps an exponent or a percent sign: a lone `-`,
 * `-1,234.50`, `-5 %`, `+49 30 1234`. A spreadsheet can't compute anything from it, because that takes an operator, a name
 * or a reference. `+49-30-1234` has operators and would become −1215.
 */
const signedNumber = new RegExp(`^[${blanks}]*[+-][\\d., \\u00a0\\u202f]*(?:(?<=\\d)[eE][+-]?\\d+)?%?$`, "u");

/**
 * Whether a spreadsheet might run a text as a formula (OWASP, "CSV Injection"). Numbers are allowed, and so are texts with
 * only digits after their sign. The whole text is read only if it begins with a sign.
 */
export function isFormula(text: string): boolean {
  const first = text.charCodeAt(0);
  // Most texts begin with an ASCII letter or digit, or with a Chinese, Japanese or Korean character.
  if ((first > 0x40 && first < 0x7f) || (first >= 0x30 && first <= 0x39)) return false;
  if (first > 0x3164 && first < 0xd800) return false;
  if (controlStart.test(text)) return true;
  return formulaStart.test(text) && !signedNumber.test(text);
}

/** Whether a formula would have something to compute: `--` hasn't, a common mark of what is missing. */
export function isFormulaToCompute(text: string): boolean {
  return isFormula(text) && /[\p{L}\p{N}]/u.test(text);
}

function escaped(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}

/** By first UTF-8 byte: 1 if the character may begin or precede a formula, 2 if that depends on the next byte. */
const firstBytes = new Uint8Array(256);
/** The first two bytes of the characters that have more than one. */
const bytePairs = new Set<number>();
for (const [first, last] of [
  ...blankRanges,
  ...Array.from("=+-@\uFF1D\uFF0B\uFF0D\uFF20", (one) => [one.charCodeAt(0), one.charCodeAt(0)] as const),
]) {
  // The last byte of a character has 64 values, and the first two decide only where there are three.
  for (let codePoint = first; codePoint <= last; codePoint += codePoint < 0x800 ? 1 : 0x40) {
    note(codePoint);
  }
  note(last);
}

function note(codePoint: number): void {
  const [byte = 0, next] = new TextEncoder().encode(String.fromCodePoint(codePoint));
  firstBytes[byte] = next === undefined ? 1 : 2;
  if (next !== undefined) bytePairs.add(byte * 256 + next);
}

/** Whether the text in some bytes may be a formula. It is false for nearly all texts and makes no string. */
export function mayBeFormula(bytes: Uint8Array, from: number, to: number): boolean {
  const first = from < to ? (bytes[from] ?? 0) : 0x30;
  const kind = firstBytes[first];
  return kind === 1 || (kind === 2 && bytePairs.has(first * 256 + (bytes[from + 1] ?? 0)));
}
