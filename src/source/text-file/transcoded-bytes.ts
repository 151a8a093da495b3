import { isAscii } from "node:buffer";
import type { ByteReader } from "./byte-reader.ts";
import { codePoints, writeCharacter } from "./characters.ts";
import type { RawBytes } from "./file-bytes.ts";
import { encodingHint, unreadableFile } from "./unreadable-file.ts";

/** The number of bytes that are transcoded at a time. Each becomes up to three. */
const blockBytes = 16 * 1024;

/** The encodings that must be transcoded, with a known byte order for UTF-16. */
export type ForeignEncoding = "latin-1" | "windows-1252" | "utf-16le" | "utf-16be";

/** Transcodes a block to UTF-8. Returns how many of its bytes were used, and how many bytes were written. */
interface Transcoded {
  readonly used: number;
  readonly written: number;
}

type Transcode = (block: Uint8Array, target: Uint8Array) => Transcoded;

/** A transcoder throws it at a byte that is not a character. */
class NoCharacter extends Error {
  override readonly name = "NoCharacter";
  readonly index: number;
  constructor(index: number, message: string) {
    super(message);
    this.index = index;
  }
}

/** The bytes of a file in another encoding, as UTF-8. */
export class TranscodedBytes implements ByteReader {
  readonly #raw: RawBytes;
  readonly #path: string;
  readonly #encoding: ForeignEncoding;
  readonly #transcode: Transcode;
  readonly #block = new Uint8Array(blockBytes);
  #blockLength = 0;
  readonly #text = new Uint8Array(3 * blockBytes);
  #textFrom = 0;
  #textTo = 0;
  /** The number of bytes of the file before the block. */
  #position: number;

  /** `position` is the position in the file of the first byte of `raw`. */
  constructor(raw: RawBytes, path: string, encoding: ForeignEncoding, position: number) {
    this.#raw = raw;
    this.#path = path;
    this.#encoding = encoding;
    this.#position = position;
    this.#transcode =
      encoding === "utf-16le" || encoding === "utf-16be"
        ? utf16(encoding)
        : singleBytes(codePoints[encoding]);
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    while (this.#textFrom === this.#textTo) if (!(await this.#fill())) return 0;
    const part = this.#text.subarray(
      this.#textFrom,
      Math.min(this.#textTo, this.#textFrom + target.length - at),
    );
    target.set(part, at);
    this.#textFrom += part.length;
    return part.length;
  }

  close(): Promise<void> {
    return this.#raw.close();
  }

  async #fill(): Promise<boolean> {
    const block = this.#block;
    const count = await this.#raw.read(block, this.#blockLength);
    if (count === 0) {
      if (this.#blockLength === 0) return false;
      throw this.#invalid(0, "is the first half of a character without its second half");
    }
    this.#blockLength += count;
    const { used, written } = this.#transcoded(block.subarray(0, this.#blockLength));
    this.#textFrom = 0;
    this.#textTo = written;
    this.#position += used;
    block.copyWithin(0, used, this.#blockLength);
    this.#blockLength -= used;
    return true;
  }

  #transcoded(block: Uint8Array): Transcoded {
    try {
      return this.#transcode(block, this.#text);
    } catch (error) {
      throw error instanceof NoCharacter ? this.#invalid(error.index, error.message) : error;
    }
  }

  #invalid(index: number, what: string): Error {
    return unreadableFile(
      this.#path,
      `is not ${this.#encoding}: byte ${this.#position + index} of ${this.#raw.extent}, counted from 0, ${what}`,
      encodingHint,
    );
  }
}

function singleBytes(codes: Int32Array): Transcode {
  return (block, target) => {
    if (isAscii(block)) {
      target.set(block);
      return { used: block.length, written: block.length };
    }
    let at = 0;
    for (let index = 0; index < block.length; index += 1) {
      const byte = block[index] ?? 0;
      const code = codes[byte] ?? -1;
      if (code < 0)
        throw new NoCharacter(index, `is 0x${byte.toString(16).toUpperCase()}, which is not a character`);
      at = writeCharacter(code, target, at);
    }
    return { used: block.length, written: at };
  };
}

function utf16(encoding: "utf-16le" | "utf-16be"): Transcode {
  const low = encoding === "utf-16le" ? 0 : 1;
  const unitAt = (block: Uint8Array, index: number): number =>
    (block[index + low] ?? 0) | ((block[index + 1 - low] ?? 0) << 8);
  return (block, target) => {
    let at = 0;
    let index = 0;
    for (; index + 2 <= block.length; index += 2) {
      let code = unitAt(block, index);
      if (code >= 0xd800 && code < 0xe000) {
        if (code >= 0xdc00)
          throw new NoCharacter(index, "is the second half of a character without its first half");
        if (index + 4 > block.length) break;
        const second = unitAt(block, index + 2);
        if (second < 0xdc00 || second >= 0xe000)
          throw new NoCharacter(index, "is the first half of a character without its second half");
        code = 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00);
        index += 2;
      }
      at = writeCharacter(code, target, at);
    }
    return { used: index, written: at };
  };
}
