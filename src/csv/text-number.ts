/** A spreadsheet keeps so many digits of a number. */
const keptDigits = 15;

/** Excel allows no longer text in a formula. */
const longestText = 255;

/** What a spreadsheet reads as a number: a sign, digits, a fraction after a point or comma, and an exponent without a sign. */
const numberText = /^ *([+-]?)(\d+)(?:[.,](\d*))?([eE]\d+)? *$/;

/** A whole number with more digits than a spreadsheet keeps. */
const longWholeNumber = /^-?\d{16,}$/;

/**
 * Whether a spreadsheet would read a text as a number and lose part of it: zeros or a plus sign in front (`00123`, `+4930123`), all
 * digits after the 15th, or the text itself where whole digits and an exponent look like a number (`12E4`). Numbers as
 * programs write them, such as `-1.50` or `1e+21`, are not such texts.
 */
export function isFragileNumber(text: string): boolean {
  if (text.length > longestText) return false;
  const match = numberText.exec(text);
  if (match === null) return false;
  const [, sign = "", whole = "", fraction, exponent] = match;
  const digits = whole + (fraction ?? "");
  return (
    sign === "+" ||
    (whole.length > 1 && whole.startsWith("0")) ||
    (exponent !== undefined && fraction === undefined) ||
    digits.replace(/^0+/, "").length > keptDigits
  );
}

/** Whether the text of a number is a whole number of which a spreadsheet would lose digits, such as a 64-bit id. */
export function isLongWholeNumber(text: string): boolean {
  return text.length <= longestText && longWholeNumber.test(text);
}

/** Whether the text in some bytes may be one of {@link isFragileNumber}. It is false for most texts and makes no string. */
export function mayBeFragileNumber(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length < 2 || length > longestText) return false;
  const [first = 0, last = 0] = [bytes[from], bytes[to - 1]];
  return (isDigit(first) || first === 0x20 || first === 0x2b || first === 0x2d) && endsNumber(last);
}

/** A formula that gives a text unchanged, in the form that spreadsheets also know from CSV. */
export function textFormula(text: string): string {
  return `="${text}"`;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** A digit, a blank, or a point or comma with no fraction. */
function endsNumber(byte: number): boolean {
  return isDigit(byte) || byte === 0x20 || byte === 0x2e || byte === 0x2c;
}
