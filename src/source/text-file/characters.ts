/**
 * Windows-1252 differs from ISO-8859-1 from 0x80 to 0x9F and has no character for five of these bytes. The WHATWG decodes
 * those five as control characters, which no writer of text can have intended.
 */
const windows1252 =
  "\u20AC\0\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\0\u017D\0\0\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\0\u017E\u0178";

/** Code points by byte, or −1 if a byte is not a character. */
export const codePoints: Readonly<Record<"latin-1" | "windows-1252", Int32Array>> = {
  "latin-1": Int32Array.from({ length: 256 }, (_, byte) => byte),
  "windows-1252": Int32Array.from({ length: 256 }, (_, byte) => {
    if (byte < 0x80 || byte >= 0xa0) return byte;
    const code = windows1252.charCodeAt(byte - 0x80);
    return code === 0 ? -1 : code;
  }),
};

/** Writes a character in UTF-8. Returns the position after it. */
export function writeCharacter(code: number, target: Uint8Array, at: number): number {
  if (code < 0x80) {
    target[at] = code;
    return at + 1;
  }
  if (code < 0x800) {
    target[at] = 0xc0 | (code >> 6);
    target[at + 1] = 0x80 | (code & 0x3f);
    return at + 2;
  }
  if (code < 0x10000) {
    target[at] = 0xe0 | (code >> 12);
    target[at + 1] = 0x80 | ((code >> 6) & 0x3f);
    target[at + 2] = 0x80 | (code & 0x3f);
    return at + 3;
  }
  target[at] = 0xf0 | (code >> 18);
  target[at + 1] = 0x80 | ((code >> 12) & 0x3f);
  target[at + 2] = 0x80 | ((code >> 6) & 0x3f);
  target[at + 3] = 0x80 | (code & 0x3f);
  return at + 4;
}
