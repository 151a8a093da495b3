/** Messages of PostgreSQL's protocol that pg has no way to send, or that it comes too late to read: see the manual, section 55.7. */

/**
 * Bind of the unnamed statement to the unnamed portal: parameters as text, and for each column of the result its own format.
 * pg binds all columns alike, and turns every value it receives into a string.
 */
export function bindMessage(values: readonly (string | null)[], isBinary: readonly boolean[]): Buffer {
  const texts = values.map((value) => (value === null ? null : Buffer.from(value, "utf8")));
  const valueBytes = texts.reduce((sum, text) => sum + 4 + (text?.byteLength ?? 0), 0);
  const length = 4 + 2 + 2 + 2 + valueBytes + 2 + isBinary.length * 2;
  const message = Buffer.alloc(1 + length);
  let at = message.write("B", 0, "latin1");
  at = message.writeInt32BE(length, at);
  // Two empty names, and no format codes: all parameters are text.
  at = message.writeInt16BE(0, at);
  at = message.writeInt16BE(0, at);
  at = message.writeInt16BE(texts.length, at);
  for (const text of texts) {
    at = message.writeInt32BE(text === null ? -1 : text.byteLength, at);
    if (text !== null) at += text.copy(message, at);
  }
  at = message.writeInt16BE(isBinary.length, at);
  for (const binary of isBinary) at = message.writeInt16BE(binary ? 1 : 0, at);
  return message;
}

/** The type of a message and its length. */
export const headBytes = 5;

/** Length of the message that begins at a place; undefined where its head isn't there yet. @param end of what is there */
export function messageLength(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (at + headBytes > end) return undefined;
  return 1 + new DataView(bytes.buffer, bytes.byteOffset + at + 1, 4).getUint32(0);
}

const errorResponse = 0x45;

/** The first error among whole messages, with its SQLSTATE as `code`; undefined where there is none. */
export function findError(bytes: Buffer, from: number, to: number): Error | undefined {
  for (let at = from; ;) {
    const length = messageLength(bytes, at, to);
    if (length === undefined || at + length > to) return undefined;
    if (bytes[at] === errorResponse) return errorIn(bytes.toString("utf8", at + headBytes, at + length));
    at += length;
  }
}

/** Fields begin with a letter each and end with NUL: C is the SQLSTATE, M the message (the manual's section 55.8). */
function errorIn(fields: string): Error {
  const field = (letter: string): string =>
    fields
      .split("\0")
      .find((text) => text.startsWith(letter))
      ?.slice(1) ?? "";
  return Object.assign(new Error(field("M")), { code: field("C") });
}
