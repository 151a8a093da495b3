import { createGunzip } from "node:zlib";
import { isCodedError } from "../../errors.ts";
import type { FileBytes, RawBytes } from "./file-bytes.ts";
import { StreamOutput } from "./stream-output.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** The number of bytes that are read, and decompressed, at a time. */
const packedBlockBytes = 32 * 1024;
const plainBlockBytes = 64 * 1024;

/**
 * The text of a gzip file (RFC 1952) with all its members. A truncated or damaged member is an error, and so is anything but
 * zeros after the last one. It holds one block of input, one block of output, and gzip's own 40 KiB.
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
      throw damaged(path, error);
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

  /** Node treats a zero after a member as the end of the file, whatever follows. gzip itself allows only zeros. */
  async #checkTail(): Promise<void> {
    const packed = this.#packed;
    packed.position = this.#stream.bytesWritten;
    const block = new Uint8Array(packedBlockBytes);
    for (;;) {
      const count = await packed.read(block, 0);
      if (count === 0) return;
      if (block.subarray(0, count).some((byte) => byte !== 0))
        throw unreadableFile(packed.file.path, "has bytes after the end of its gzip data");
    }
  }
}

async function* packedBlocks(packed: FileBytes): AsyncGenerator<Uint8Array, void, undefined> {
  const block = new Uint8Array(packedBlockBytes);
  for (;;) {
    const count = await packed.read(block, 0);
    if (count === 0) return;
    if (packed.position === count && !beginsGzip(block.subarray(0, count)))
      throw unreadableFile(
        packed.file.path,
        "isn't gzip data, though its name ends in .gz",
        "If it isn't compressed, remove .gz from its name.",
      );
    yield block.subarray(0, count);
  }
}

function beginsGzip([first, second = 0x8b]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

/** Returns the fault of damaged gzip data. An error of reading the file itself is returned unchanged. */
function damaged(path: string, error: unknown): unknown {
  if (!isCodedError(error) || !error.code.startsWith("Z")) return error;
  return unreadableFile(
    path,
    error.code === "Z_BUF_ERROR"
      ? "ends in the midst of its gzip data"
      : error.message === "incorrect header check"
        ? "has bytes after the end of its gzip data"
        : `has damaged gzip data: ${error.message}`,
    "Fetch or compress the file again.",
    error,
  );
}
