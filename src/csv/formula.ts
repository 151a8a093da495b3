/** What a spreadsheet takes for the beginning of a formula, full-width forms included. */
const formulaStart = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** A number with a sign, its fraction after a point or a comma, which is harmless as it stands. */
const signedNumber = /^[+-](?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Whether a spreadsheet that opens a file might run a text as a formula (OWASP, "CSV Injection").
 * Plain numbers pass: `-5` and `+1.5` are no formulas. Looks at the whole text only when it begins with a sign.
 */
export function isFormula(text: string): boolean {
  const first = text.charCodeAt(0);
  // Most texts begin with a letter, which is between the characters of the pattern.
  if (first > 0x40 && first < 0xff0b) return false;
  return formulaStart.test(text) && !signedNumber.test(text);
}
