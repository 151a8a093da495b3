import type { FileHandle } from "node:fs/promises";
import { type Clock, systemClock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";

/** Small enough that a thousand paused readers need little memory. */
const blockBytes = 64 * 1024;

/**
 * For a fast reader: each block costs a turn of Node's thread pool, so larger ones double the speed. Kernel buffers hide
 * that a reader is slow until they are full, so only more than they hold proves that it is fast.
 */
const fastBlockBytes = 256 * 1024;
const provenBytes = 8 * 1024 ** 2;
const slowMs = 250;

/** The state of a file when it was opened; it identifies one version of the file's bytes. */
export interface FileVersion {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

/**
 * Reads the bytes from `start` up to but not including `end`, each block in its own memory: 64 KiB, and 256 KiB while the
 * reader is fast.
 *
 * The file must not change while it is read. It is checked again before the last block is yielded, so that the sender
 * can still cut the body when the file has changed.
 * @throws StreamCsvError `SCSV_FILE_CHANGED` when the file shrank, grew or was written to
 */
export async function* readFileBlocks(
  handle: FileHandle,
  version: FileVersion,
  start: number,
  end: number,
  clock: Clock = systemClock,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  let isSlow = false;
  while (position < end) {
    // Not from Node's shared pool, because a slice would keep the whole pool block alive.
    const isFast = !isSlow && position - start >= provenBytes;
    const block = Buffer.allocUnsafeSlow(Math.min(isFast ? fastBlockBytes : blockBytes, end - position));
    const { bytesRead } = await handle.read(block, 0, block.byteLength, position);
    if (bytesRead === 0) throw fileChanged(`it ended at byte ${position} of ${end}`);
    position += bytesRead;
    if (position === end) await requireUnchanged(handle, version);
    const yieldedAtMs = clock.nowMs();
    yield bytesRead === block.byteLength ? block : block.subarray(0, bytesRead);
    isSlow ||= clock.nowMs() - yieldedAtMs > slowMs;
  }
}

async function requireUnchanged(handle: FileHandle, version: FileVersion): Promise<void> {
  const now = await handle.stat({ bigint: true });
  if (now.size !== version.size) throw fileChanged(`it had ${version.size} bytes and has ${now.size}`);
  if (now.mtimeNs !== version.mtimeNs) throw fileChanged("it was written to");
}

function fileChanged(what: string): StreamCsvError {
  return new StreamCsvError("SCSV_FILE_CHANGED", `The file changed while it was being sent: ${what}.`);
}
