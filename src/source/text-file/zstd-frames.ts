import type { FileBytes } from "./file-bytes.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** The largest window, which is held in memory: 8 MiB, as RFC 8878 recommends. Up to level 19 `zstd` uses no larger one. */
const mostWindowBytes = 8 * 1024 * 1024;
/** The largest block. */
const mostBlockBytes = 128 * 1024;

const frameMagic = 0xfd2fb528;
const firstSkippableMagic = 0x184d2a50;

/** The header of a frame in a zstd file. */
export interface ZstdFrame {
  readonly header: Uint8Array;
  readonly hasChecksum: boolean;
}

/** A part of a frame behind its header: a block with its own header, or the checksum. */
export interface ZstdPiece {
  readonly bytes: Uint8Array;
  /** At most so many bytes of text. */
  readonly mostTextBytes: number;
}

/**
 * Splits the frames of a zstd file (RFC 8878) without decompressing them. A decompressor may treat a truncated frame, or
 * anything after a frame, as the end of the file.
 */
export class ZstdFrames {
  readonly #packed: FileBytes;
  readonly #read = new Uint8Array(32 * 1024);
  #from = 0;
  #to = 0;
  #frames = 0;

  constructor(packed: FileBytes) {
    this.#packed = packed;
  }

  /** Returns the next frame that contains text, or undefined at the end of the file. */
  async next(): Promise<ZstdFrame | undefined> {
    for (;;) {
      const magic = await this.#take(4, true);
      if (magic === undefined && this.#frames > 0) return undefined;
      if (magic === undefined) throw this.cutShort();
      const kind = wordOf(magic);
      this.#frames += 1;
      if (kind === frameMagic) return await this.#frame(magic);
      if (kind - (kind & 0xf) !== firstSkippableMagic) throw this.#foreign();
      let left = wordOf(await this.#taken(4));
      for (; left > 0; left -= Math.min(left, mostBlockBytes))
        await this.#taken(Math.min(left, mostBlockBytes));
    }
  }

  /** Yields the blocks of the frame that `next` returned, each with its header, and the checksum if there is one. */
  async *blocks({ hasChecksum }: ZstdFrame): AsyncGenerator<ZstdPiece, void, undefined> {
    for (;;) {
      const header = await this.#taken(3);
      const word = (header[0] ?? 0) | ((header[1] ?? 0) << 8) | ((header[2] ?? 0) << 16);
      const kind = (word >> 1) & 3;
      const size = word >> 3;
      if (kind === 3 || size > mostBlockBytes) throw this.damage("a block of no known kind or size");
      const bytes = joined(header, await this.#taken(kind === 1 ? 1 : size));
      yield { bytes, mostTextBytes: kind === 2 ? mostBlockBytes : size };
      if ((word & 1) === 1) break;
    }
    if (hasChecksum) yield { bytes: await this.#taken(4), mostTextBytes: 0 };
  }

  damage(what: string, cause?: unknown): Error {
    return unreadableFile(
      this.#packed.file.path,
      `has damaged zstd data: ${what}`,
      "Fetch or compress the file again.",
      cause,
    );
  }

  cutShort(): Error {
    return unreadableFile(
      this.#packed.file.path,
      "ends in the midst of its zstd data",
      "Fetch or compress the file again.",
    );
  }

  #foreign(): Error {
    return this.#frames === 1
      ? this.damage("it does not begin like zstd data")
      : unreadableFile(this.#packed.file.path, "has bytes after the end of its zstd data");
  }

  async #frame(magic: Uint8Array): Promise<ZstdFrame> {
    const [descriptor = 0] = await this.#taken(1);
    if ((descriptor & 0x08) !== 0) throw this.damage("a frame of no known kind");
    const isSingle = (descriptor & 0x20) !== 0;
    const sizeLength = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const dictionaryLength = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const rest = await this.#taken((isSingle ? 0 : 1) + dictionaryLength + sizeLength);
    const dictionary = rest.subarray(isSingle ? 0 : 1, rest.length - sizeLength);
    const size = rest.subarray(rest.length - sizeLength);
    if (dictionary.some((byte) => byte !== 0))
      throw unreadableFile(
        this.#packed.file.path,
        "is compressed with a zstd dictionary, which is not available",
        "Compress it without a dictionary.",
      );
    const windowBytes = isSingle ? numberOf(size) : windowOf(rest[0] ?? 0);
    if (windowBytes > mostWindowBytes)
      throw unreadableFile(
        this.#packed.file.path,
        `needs ${Math.ceil(windowBytes / 1024 ** 2)} MiB to be decompressed, and 8 MiB are the most that are given`,
        "Compress it with zstd at level 19 or lower and without --long.",
      );
    return { header: joined(magic, Uint8Array.of(descriptor), rest), hasChecksum: (descriptor & 0x04) !== 0 };
  }

  async #taken(count: number): Promise<Uint8Array> {
    const bytes = await this.#take(count, false);
    if (bytes === undefined) throw this.cutShort();
    return bytes;
  }

  /** Returns `count` bytes, or undefined if the file ends before. With `isWhole`, an end in the middle of them is an error. */
  async #take(count: number, isWhole: boolean): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(count);
    let length = 0;
    while (length < count) {
      if (this.#from === this.#to) {
        this.#from = 0;
        this.#to = await this.#packed.read(this.#read, 0);
        if (this.#to === 0) {
          if (isWhole && length > 0) throw this.#frames > 0 ? this.#foreignTail() : this.cutShort();
          return undefined;
        }
      }
      const part = this.#read.subarray(this.#from, Math.min(this.#to, this.#from + count - length));
      bytes.set(part, length);
      length += part.length;
      this.#from += part.length;
    }
    return bytes;
  }

  #foreignTail(): Error {
    return unreadableFile(
      this.#packed.file.path,
      "has bytes after the end of its zstd data, too few for another frame",
    );
  }
}

/** The header with the smallest window that holds so many bytes, if it states a larger one. */
export function withWindow({ header }: ZstdFrame, bytes: number): Uint8Array {
  const [descriptor = 0, window = 0] = header.subarray(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const fitting = Math.max(0, Math.ceil(Math.log2(bytes)) - 10) << 3;
  if (isSingle || fitting >= window) return header;
  const changed = Uint8Array.from(header);
  changed[5] = fitting;
  return changed;
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Reads a number of one, two, four or eight bytes. The format adds 256 to one of two bytes. */
function numberOf(bytes: Uint8Array): number {
  const number = bytes.reduceRight((total, byte) => total * 256 + byte, 0);
  return bytes.length === 2 ? number + 256 : number;
}

function wordOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
