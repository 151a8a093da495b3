/** The structural characters of JSON (RFC 8259), as bytes of UTF-8. */
export const quote = 0x22;
export const backslash = 0x5c;
export const comma = 0x2c;
export const colon = 0x3a;
export const minus = 0x2d;
export const zero = 0x30;
export const nine = 0x39;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;

/** Whether a byte is insignificant white space: a space, a tab, a line feed or a carriage return. */
export function isJsonBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

/** Returns the value of a hexadecimal digit, or −1 if the byte is not one. */
export function hexValue(byte: number): number {
  if (isDigit(byte)) return byte - zero;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
