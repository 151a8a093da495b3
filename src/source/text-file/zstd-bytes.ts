import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { StreamCsvError, isCodedError, toError } from "../../errors.ts";
import type { FileBytes, RawBytes } from "./file-bytes.ts";
import { StreamOutput } from "./stream-output.ts";
import { XxHash64 } from "./xx-hash64.ts";
import { withWindow, ZstdFrames, type ZstdFrame } from "./zstd-frames.ts";

/** The text of one frame, read on request. */
interface FrameOutput {
  read(target: Uint8Array, at: number): Promise<number>;
  close(): void;
}

type FrameOpener = (frames: ZstdFrames, frame: ZstdFrame) => FrameOutput;

/**
 * The text of a zstd file with all its frames. Node decompresses it if it can, otherwise the package fzstd does. A truncated or
 * damaged frame is an error, and so is anything after the last one. It holds the frame's window, which is at most 8 MiB and
 * for text rarely more than 2 MiB.
 */
export class ZstdBytes implements RawBytes {
  readonly extent = "the decompressed file";
  readonly #packed: FileBytes;
  readonly #frames: ZstdFrames;
  readonly #open: FrameOpener;
  #output: FrameOutput | undefined;

  constructor(packed: FileBytes, open: FrameOpener) {
    this.#packed = packed;
    this.#frames = new ZstdFrames(packed);
    this.#open = open;
  }

  /** Gathers the texts of small frames, because each reading costs the reader more than such a frame does. */
  async read(target: Uint8Array, at: number): Promise<number> {
    const enough = at + (target.length - at) / 2;
    let to = at;
    while (to < enough) {
      if (this.#output === undefined) {
        const frame = await this.#frames.next();
        if (frame === undefined) break;
        this.#output = this.#open(this.#frames, frame);
      }
      const count = await this.#output.read(target, to);
      to += count;
      if (count > 0) continue;
      this.#output.close();
      this.#output = undefined;
    }
    return to - at;
  }

  async close(): Promise<void> {
    this.#output?.close();
    await this.#packed.close();
  }
}

/** Loads the package fzstd. It is a parameter, so that tests can simulate its absence. */
export type FzstdImporter = () => Promise<FzstdModule>;

interface FzstdModule {
  readonly Decompress: new (onData: (data: Uint8Array) => void) => {
    push(chunk: Uint8Array, isFinal?: boolean): unknown;
  };
}

/**
 * Returns the decompressor of zstd frames: Node from 22.15 on, otherwise fzstd.
 * @throws StreamCsvError `SCSV_SOURCE_UNSUPPORTED` if neither is available
 */
export async function frameOpener(importer?: FzstdImporter): Promise<FrameOpener> {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (importer === undefined && isFactory(create))
    return (frames, frame) => new NodeFrame(create, frames, frame);
  try {
    // In this form, and inside the try, bundlers take an import that they can't resolve for one of an optional package.
    const fzstd: FzstdModule = importer === undefined ? await import("fzstd") : await importer();
    return (frames, frame) => new FzstdFrame(fzstd, frames, frame);
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_SOURCE_UNSUPPORTED",
      "Reading .zst files needs Node 22.15 or later, or the optional package fzstd, which can't be loaded: run npm install fzstd.",
      { cause, hint: "Run: npm install fzstd" },
    );
  }
}

type DecompressFactory = (options: object) => Transform;

function isFactory(value: unknown): value is DecompressFactory {
  return typeof value === "function";
}

class NodeFrame implements FrameOutput {
  readonly #output: StreamOutput;
  readonly #frames: ZstdFrames;

  constructor(create: DecompressFactory, frames: ZstdFrames, frame: ZstdFrame) {
    this.#frames = frames;
    this.#output = new StreamOutput(create({ chunkSize: 64 * 1024 }), piecesOf(frames, frame));
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    return await this.#output.read(target, at).catch((error: unknown) => {
      throw isCodedError(error) && error.code.startsWith("Z")
        ? this.#frames.damage(error.message, error)
        : error;
    });
  }

  close(): void {
    this.#output.close();
  }
}

async function* piecesOf(frames: ZstdFrames, frame: ZstdFrame): AsyncGenerator<Uint8Array, void, undefined> {
  yield frame.header;
  for await (const { bytes } of frames.blocks(frame)) yield bytes;
}

/** A frame whose text is at most so long is small. */
const smallTextBytes = 128 * 1024;

/**
 * The pieces for fzstd, which allocates the whole window for each frame and moves it for each block: 2 MiB even for one row. So a
 * small frame states a window that just holds its text.
 */
async function* piecesForFzstd(
  frames: ZstdFrames,
  frame: ZstdFrame,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ahead: Uint8Array[] = [];
  let header: Uint8Array | undefined = frame.header;
  let textBytes = 0;
  for await (const { bytes, mostTextBytes } of frames.blocks(frame)) {
    textBytes += mostTextBytes;
    ahead.push(bytes);
    if (textBytes <= smallTextBytes) continue;
    if (header !== undefined) yield header;
    header = undefined;
    yield* ahead.splice(0);
  }
  if (header !== undefined) yield withWindow(frame, textBytes);
  yield* ahead;
}

/** Decompresses block by block, at most 128 KiB of text each. It verifies the checksum, because fzstd does not. */
class FzstdFrame implements FrameOutput {
  readonly #frames: ZstdFrames;
  readonly #frame: ZstdFrame;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #decompress: InstanceType<FzstdModule["Decompress"]>;
  readonly #hash = new XxHash64();
  #texts: Uint8Array[] = [];
  #last = new Uint8Array(0);
  #isEnded = false;

  constructor(fzstd: FzstdModule, frames: ZstdFrames, frame: ZstdFrame) {
    this.#frames = frames;
    this.#frame = frame;
    this.#pieces = piecesForFzstd(frames, frame);
    this.#decompress = new fzstd.Decompress((data) => {
      // Its memory is reused for the next block.
      this.#texts.push(data.slice());
    });
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    for (;;) {
      const [text] = this.#texts;
      if (text === undefined) {
        if (this.#isEnded) return 0;
        await this.#advance();
        continue;
      }
      const part = text.subarray(0, target.length - at);
      target.set(part, at);
      if (part.length === text.length) this.#texts.shift();
      else this.#texts[0] = text.subarray(part.length);
      if (part.length > 0) return part.length;
    }
  }

  close(): void {
    this.#texts = [];
    this.#isEnded = true;
  }

  /** One piece is held back, because the last one must be marked as such. */
  async #advance(): Promise<void> {
    const next = await this.#pieces.next();
    const isLast = next.done === true;
    const { hasChecksum } = this.#frame;
    if (isLast && hasChecksum) {
      this.#push(this.#last, true);
      const digest = new DataView(this.#last.buffer, this.#last.byteOffset).getUint32(0, true);
      if (digest !== this.#hash.digest32()) throw this.#frames.damage("its text doesn't match its checksum");
    } else this.#push(this.#last, isLast);
    this.#isEnded = isLast;
    this.#last = next.done === true ? new Uint8Array(0) : Uint8Array.from(next.value);
  }

  #push(piece: Uint8Array, isLast: boolean): void {
    const before = this.#texts.length;
    try {
      this.#decompress.push(piece, isLast);
    } catch (error) {
      throw this.#frames.damage(toError(error).message, error);
    }
    for (const text of this.#texts.slice(before)) this.#hash.update(text);
  }
}
