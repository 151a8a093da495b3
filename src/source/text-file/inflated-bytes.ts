import type { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { isCodedError, toError } from "../../errors.ts";
import type { FileBytes, RawBytes } from "./file-bytes.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** Bytes that are read, and bytes that are decompressed, at a time. */
export const packedBlockBytes = 32 * 1024;
const plainBlockBytes = 64 * 1024;

/**
 * The text of a gzip file (RFC 1952), all its members one after the other. A member that is cut short, is damaged, or
 * has anything but zeros behind the last one is an error. Holds a block of each side and gzip's own 40 KiB.
 */
export class InflatedBytes implements RawBytes {
  readonly extent = "the decompressed file";
  readonly #packed: FileBytes;
  readonly #stream = createGunzip({ chunkSize: plainBlockBytes });
  readonly #output: StreamOutput;
  #isEnded = false;

  constructor(packed: FileBytes) {
    this.#packed = packed;
    this.#output = new StreamOutput(this.#stream, packedBlocks(packed));
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    if (this.#isEnded) return 0;
    const { path } = this.#packed.file;
    const count = await this.#output.read(target, at).catch((error: unknown) => {
      throw damaged(path, "gzip", error);
    });
    if (count > 0) return count;
    await this.#checkTail();
    this.#isEnded = true;
    return 0;
  }

  async close(): Promise<void> {
    this.#output.close();
    await this.#packed.close();
  }

  /** Node takes a zero behind a member for the end of the file, whatever follows; gzip itself allows zeros alone. */
  async #checkTail(): Promise<void> {
    const packed = this.#packed;
    packed.position = this.#stream.bytesWritten;
    const block = new Uint8Array(packedBlockBytes);
    for (;;) {
      const count = await packed.read(block, 0);
      if (count === 0) return;
      if (block.subarray(0, count).some((byte) => byte !== 0))
        throw unreadableFile(packed.file.path, "has bytes behind the end of its gzip data");
    }
  }
}

async function* packedBlocks(packed: FileBytes): AsyncGenerator<Uint8Array, void, undefined> {
  const block = new Uint8Array(packedBlockBytes);
  for (;;) {
    const count = await packed.read(block, 0);
    if (count === 0) return;
    yield block.subarray(0, count);
  }
}

/** What a decompressing stream makes of its input, pulled: no more is decompressed than is asked for and a block ahead. */
export class StreamOutput {
  readonly #stream: Transform;
  readonly #input: AsyncIterable<Uint8Array>;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #rest: Uint8Array = new Uint8Array(0);

  /** `input` may use a block's memory again once it is asked for the next one. */
  constructor(stream: Transform, input: AsyncIterable<Uint8Array>) {
    this.#stream = stream;
    this.#input = input;
    // A fault is told to whoever reads; nobody may do so any more.
    stream.on("error", () => undefined);
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    const chunks = this.#chunks ?? this.#begin();
    while (this.#rest.length === 0) {
      const next = await chunks.next();
      if (next.done === true) {
        this.close();
        return 0;
      }
      this.#rest = next.value;
    }
    const part = this.#rest.subarray(0, target.length - at);
    target.set(part, at);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  #begin(): AsyncIterator<Uint8Array> {
    this.#chunks = this.#stream[Symbol.asyncIterator]();
    void feed(this.#stream, this.#input);
    return this.#chunks;
  }

  close(): void {
    this.#rest = new Uint8Array(0);
    this.#stream.destroy();
  }
}

/** A fault of the input becomes the stream's, and is thrown to whoever reads it. */
async function feed(stream: Transform, input: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const block of input) {
      await written(stream, block);
      if (stream.destroyed) return;
    }
    stream.end();
  } catch (error) {
    stream.destroy(toError(error));
  }
}

/** Waits until the stream has used up the block, or is closed: a stream that has ended calls nobody back. */
async function written(stream: Transform, block: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off("close", done);
      resolve();
    };
    stream.once("close", done);
    stream.write(block, done);
  });
}

/** The fault of a compressed file, unless the error is one of reading the file itself. */
export function damaged(path: string, format: "gzip" | "zstd", error: unknown): unknown {
  if (!isCodedError(error) || !error.code.startsWith("Z")) return error;
  return unreadableFile(
    path,
    error.code === "Z_BUF_ERROR"
      ? `ends in the midst of its ${format} data`
      : `has damaged ${format} data: ${error.message}`,
    "Fetch or compress the file again.",
    error,
  );
}
