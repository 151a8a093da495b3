import { isUtf8 } from "node:buffer";
import type { FileEncoding } from "../file-options.ts";
import { foreignKind } from "../foreign-kind.ts";
import type { GuardedFile } from "../guarded-file.ts";
import type { ByteReader } from "./byte-reader.ts";
import { FileBytes, type RawBytes } from "./file-bytes.ts";
import { InflatedBytes } from "./inflated-bytes.ts";
import { TranscodedBytes, type ForeignEncoding } from "./transcoded-bytes.ts";
import { unreadableFile } from "./unreadable-file.ts";
import { Utf8Bytes } from "./utf8-bytes.ts";
import { frameOpener, ZstdBytes, type FzstdImporter } from "./zstd-bytes.ts";

/** The compression of a file, by its extension. */
export type Compression = "gzip" | "zstd";

/** Options for reading a file's bytes. */
export interface ByteReaderOptions {
  readonly compression?: Compression | undefined;
  /** @default the encoding of the byte order mark, or "utf-8" */
  readonly encoding?: FileEncoding | undefined;
  /** Loads fzstd. If given, it is used instead of Node's own zstd. */
  readonly fzstd?: FzstdImporter | undefined;
}

/** The number of bytes at the beginning that show whether a file is UTF-16 without a byte order mark. */
const sampleBytes = 4096;

/**
 * Opens the text of an open file: decompressed, in UTF-8, without a byte order mark. Closing the reader closes the file, and
 * so does an error here. It holds up to 64 KiB for an encoding other than UTF-8, 140 KiB for gzip, and for zstd the window,
 * at most 8 MiB.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE`, `SCSV_SOURCE_CHANGED`, `SCSV_SOURCE_UNSUPPORTED` for zstd if fzstd
 *   is needed but missing
 */
export async function openByteReader(
  file: GuardedFile,
  options: ByteReaderOptions = {},
): Promise<ByteReader> {
  const bytes = new FileBytes(file);
  let raw: RawBytes = bytes;
  try {
    raw = await unpacked(bytes, options);
    const head = new Uint8Array(sampleBytes);
    let length = 0;
    while (length < head.length) {
      const count = await raw.read(head, length);
      if (count === 0) break;
      length += count;
    }
    const first = head.subarray(0, length);
    checkKind(file.path, raw, first);
    const { encoding, markLength } = encodingOf(first, options.encoding, file.path);
    const rest = new PrefixedBytes(first.subarray(markLength), raw);
    return encoding === "utf-8"
      ? new Utf8Bytes(rest, file.path, markLength)
      : new TranscodedBytes(rest, file.path, encoding, markLength);
  } catch (error) {
    await raw.close();
    throw error;
  }
}

async function unpacked(bytes: FileBytes, { compression, fzstd }: ByteReaderOptions): Promise<RawBytes> {
  if (compression === "gzip") return new InflatedBytes(bytes);
  return compression === "zstd" ? new ZstdBytes(bytes, await frameOpener(fzstd)) : bytes;
}

/** Refuses contents that are known not to be rows of text. */
function checkKind(path: string, { extent }: RawBytes, head: Uint8Array): void {
  const kind = foreignKind(head);
  if (kind === undefined) return;
  const subject = extent === "the file" ? "it" : "what is compressed in it";
  const wanted = kind.isText === true ? "a table" : "text";
  throw unreadableFile(path, `isn't ${wanted}: ${subject} is ${kind.what}`, kind.hint);
}

interface MarkedEncoding {
  readonly encoding: "utf-8" | ForeignEncoding;
  /** The length of the byte order mark. */
  readonly markLength: number;
}

/** Returns the encoding of the byte order mark (Unicode 16, section 23.8), or else of the option. */
function encodingOf(head: Uint8Array, wanted: FileEncoding = "utf-8", path: string): MarkedEncoding {
  const marks = Buffer.from(head.subarray(0, 4)).toString("hex");
  if (marks === "fffe0000" || marks === "0000feff")
    throw unreadableFile(path, "is in UTF-32, which is not supported", "Convert it to UTF-8.");
  if (marks.startsWith("efbbbf")) return { encoding: "utf-8", markLength: 3 };
  if (marks.startsWith("fffe")) return { encoding: "utf-16le", markLength: 2 };
  if (marks.startsWith("feff")) return { encoding: "utf-16be", markLength: 2 };
  if (wanted !== "utf-16" && isLikeUtf16(head))
    throw unreadableFile(
      path,
      "looks like UTF-16 without a byte order mark: about every second byte at its beginning is NUL",
      "Say so with --encoding utf-16 (in code: encoding) if its bytes are little-endian, or convert it to UTF-8.",
    );
  if (wanted === "utf-16") checkLittleEndian(head, path);
  return { encoding: wanted === "utf-16" ? "utf-16le" : wanted, markLength: 0 };
}

/** Refuses text that isn't little-endian UTF-16, although the option says so: read as such it would be other characters. */
function checkLittleEndian(head: Uint8Array, path: string): void {
  const [even, odd] = sides(head);
  if (hasHighBytes(even, odd))
    throw unreadableFile(
      path,
      "is big-endian UTF-16 without a byte order mark, and --encoding utf-16 reads little-endian",
      "Convert it to UTF-8, such as with: iconv -f UTF-16BE -t UTF-8",
    );
  // The delimiters, brackets and line ends of UTF-16 each have a NUL.
  if (head.length > 1 && !head.includes(0) && isLikeUtf8(head))
    throw unreadableFile(
      path,
      "is not UTF-16, as --encoding says: its beginning is valid UTF-8",
      "Leave the option --encoding out (in code: encoding).",
    );
}

/** Whether the bytes are UTF-8, but for a character at the end that may go on behind them. */
function isLikeUtf8(head: Uint8Array): boolean {
  return [0, 1, 2, 3].some((cut) => isUtf8(head.subarray(0, head.length - cut)));
}

/**
 * Texts in most alphabets have characters below U+0900. In UTF-16 each of these has a small byte, always on the same side,
 * and ASCII characters have a NUL there.
 */
function isLikeUtf16(sample: Uint8Array): boolean {
  const [even, odd] = sides(sample);
  return odd.length > 0 && (hasHighBytes(even, odd) || hasHighBytes(odd, even));
}

/** The bytes at even and at odd places. */
function sides(sample: Uint8Array): readonly [even: Uint8Array, odd: Uint8Array] {
  return [sample.filter((_, index) => index % 2 === 0), sample.filter((_, index) => index % 2 === 1)];
}

function hasHighBytes(high: Uint8Array, low: Uint8Array): boolean {
  return high.includes(0) && smallShare(high) >= 0.9 && smallShare(low) < 0.5;
}

function smallShare(bytes: Uint8Array): number {
  return bytes.filter((byte) => byte < 9).length / bytes.length;
}

/** First returns the bytes that have already been read, then the others. */
class PrefixedBytes implements RawBytes {
  readonly extent: RawBytes["extent"];
  readonly #bytes: RawBytes;
  #prefix: Uint8Array;

  constructor(prefix: Uint8Array, bytes: RawBytes) {
    this.extent = bytes.extent;
    this.#prefix = prefix;
    this.#bytes = bytes;
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    const prefix = this.#prefix.subarray(0, target.length - at);
    if (prefix.length === 0) return await this.#bytes.read(target, at);
    target.set(prefix, at);
    this.#prefix = this.#prefix.subarray(prefix.length);
    const isFull = at + prefix.length === target.length;
    return prefix.length + (isFull ? 0 : await this.#bytes.read(target, at + prefix.length));
  }

  close(): Promise<void> {
    return this.#bytes.close();
  }
}
