import { isUtf8 } from "node:buffer";
import type { ByteReader } from "./byte-reader.ts";
import type { RawBytes } from "./file-bytes.ts";
import { encodingHint, unreadableFile } from "./unreadable-file.ts";

/** The bytes of a UTF-8 file, read directly into the caller's memory and checked there. */
export class Utf8Bytes implements ByteReader {
  readonly #raw: RawBytes;
  readonly #path: string;
  /** The number of bytes of the file before the next one. */
  #position: number;
  /** The first bytes of a character whose other bytes have not been read yet. */
  readonly #split = new Uint8Array(4);
  #splitLength = 0;

  /** `position` is the position in the file of the first byte of `raw`. */
  constructor(raw: RawBytes, path: string, position: number) {
    this.#raw = raw;
    this.#path = path;
    this.#position = position;
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    const count = await this.#raw.read(target, at);
    if (count === 0) {
      if (this.#splitLength > 0) throw this.#atEnd(this.#split.subarray(0, this.#splitLength));
      return 0;
    }
    const bytes = target.subarray(at, at + count);
    this.#check(bytes);
    this.#position += count;
    return count;
  }

  close(): Promise<void> {
    return this.#raw.close();
  }

  #check(bytes: Uint8Array): void {
    let from = 0;
    while (this.#splitLength > 0 && from < bytes.length) {
      this.#split[this.#splitLength] = bytes[from] ?? 0;
      this.#splitLength += 1;
      from += 1;
      const isWhole = this.#splitLength === characterLength(this.#split[0] ?? 0);
      if (isWhole && !isUtf8(this.#split.subarray(0, this.#splitLength)))
        throw this.#invalid(this.#position + from - this.#splitLength, this.#split[0] ?? 0);
      if (isWhole) this.#splitLength = 0;
    }
    const to = wholeCharacters(bytes, from);
    const whole = bytes.subarray(from, to);
    if (!isUtf8(whole)) {
      const index = from + firstInvalid(whole);
      throw this.#invalid(this.#position + index, bytes[index] ?? 0);
    }
    for (const byte of bytes.subarray(to)) {
      this.#split[this.#splitLength] = byte;
      this.#splitLength += 1;
    }
  }

  #invalid(place: number, byte: number): Error {
    const code = byte.toString(16).toUpperCase();
    return unreadableFile(
      this.#path,
      `is not UTF-8: byte ${place} of ${this.#raw.extent}, counted from 0, is 0x${code}, which begins no character`,
      encodingHint,
    );
  }

  /** The fault of a last character that isn't complete. */
  #atEnd(bytes: Uint8Array): Error {
    const place = this.#position - bytes.length;
    if (!isBeginning(bytes)) return this.#invalid(place, bytes[0] ?? 0);
    const codes = Array.from(bytes, (byte) => `0x${byte.toString(16).toUpperCase()}`).join(" ");
    return unreadableFile(
      this.#path,
      `is not UTF-8, or is incomplete: it ends with ${codes}, from byte ${place} of ${this.#raw.extent}, counted from 0, which is only the beginning of a character`,
      `Write or fetch the file again if it is incomplete. ${encodingHint}`,
    );
  }
}

/** Returns the length of the character that begins with a byte, or 1 for a byte that begins none, so that it is refused. */
function characterLength(first: number): number {
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/** Returns the start of an incomplete last character, or the end if all characters are complete. */
function wholeCharacters(bytes: Uint8Array, from: number): number {
  for (let index = bytes.length - 1; index >= Math.max(from, bytes.length - 3); index -= 1) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return index + characterLength(byte) > bytes.length ? index : bytes.length;
  }
  return bytes.length;
}

/** Returns the position of the first byte at which no valid character begins. */
function firstInvalid(bytes: Uint8Array): number {
  let index = 0;
  while (index < bytes.length) {
    const length = characterLength(bytes[index] ?? 0);
    if (!isUtf8(bytes.subarray(index, index + length))) return index;
    index += length;
  }
  return bytes.length;
}

/** Whether bytes are the beginning of a character. Its second byte decides whether any third and fourth make it valid. */
function isBeginning(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  const length = characterLength(first);
  if (bytes.length === 1) return first >= 0xc2 && first <= 0xf4;
  return bytes.length < length && isUtf8(Buffer.concat([bytes, Buffer.alloc(length - bytes.length, 0x80)]));
}
