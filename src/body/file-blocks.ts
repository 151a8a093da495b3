import type { FileHandle } from "node:fs/promises";
import { StreamCsvError } from "../errors.ts";

/** Small enough that a thousand paused readers cost little, big enough that a read costs little. */
const blockBytes = 64 * 1024;

/** What a file was when it was opened; a name for one state of its bytes. */
export interface FileVersion {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

/**
 * Reads the bytes from `start` up to but not including `end`, in blocks of 64 KiB, each in memory of its own.
 *
 * The file must be the whole time what it was when it was opened: it is looked at again before the last block is given,
 * so that whoever sends the blocks has not yet sent them all when a change is found.
 * @throws StreamCsvError `SCSV_FILE_CHANGED` when the file shrank, grew or was written to
 */
export async function* readFileBlocks(
  handle: FileHandle,
  version: FileVersion,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  while (position < end) {
    // Slow memory, since a slice of the shared pool would keep the pool's block alive as long as the slice.
    const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, end - position));
    const { bytesRead } = await handle.read(block, 0, block.byteLength, position);
    if (bytesRead === 0) throw fileChanged(`it ended at byte ${position} of ${end}`);
    position += bytesRead;
    if (position === end) await requireUnchanged(handle, version);
    yield bytesRead === block.byteLength ? block : block.subarray(0, bytesRead);
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
