import type { FileHandle } from "node:fs/promises";
import { type Clock, systemClock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";
import { lendChunks } from "./lend-chunks.ts";

/** Small enough that a thousand paused readers need little memory. */
const blockBytes = 64 * 1024;

/**
 * For a fast reader: each block costs a turn of Node's thread pool, and a block that is read while another one is sent costs no
 * wait. Kernel buffers hide that a reader is slow until they are full, so only more than they hold proves that it is fast.
 */
const fastBlockBytes = 512 * 1024;
const provenBytes = 8 * 1024 ** 2;
const slowMs = 250;

/** Readers that were fast may pause, too: together they keep at most 32 MiB. */
const mostFastReaders = 32;
let fastReaders = 0;

/** The state of a file when it was opened; it identifies one version of the file's bytes. */
export interface FileVersion {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

/**
 * Reads the bytes from `start` up to but not including `end` and lends its blocks, so that none becomes garbage: one of 64 KiB,
 * and two of 512 KiB while the reader is fast, of which one is read while the other one is sent.
 *
 * The file must not change while it is read. It is checked again before the last block is yielded, so that the sender
 * can still cut the body when the file has changed.
 * @throws StreamCsvError `SCSV_FILE_CHANGED` when the file shrank, grew or was written to
 */
export function readFileBlocks(
  handle: FileHandle,
  version: FileVersion,
  start: number,
  end: number,
  clock: Clock = systemClock,
): AsyncGenerator<Uint8Array, void, undefined> {
  return lendChunks(blocksOf(handle, version, start, end, clock));
}

async function* blocksOf(
  handle: FileHandle,
  version: FileVersion,
  start: number,
  end: number,
  clock: Clock,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start;
  let isSlow = false;
  let isFast = false;
  let block: Uint8Array = allocate(blockBytes, end - start);
  let other: Uint8Array = noBlock;
  let ahead: Promise<Uint8Array> | undefined;
  try {
    while (position < end) {
      const bytes = await (ahead ?? readBlock(handle, block, position, end));
      ahead = undefined;
      position += bytes.byteLength;
      if (position === end) await requireUnchanged(handle, version);
      else if (isFast && !isSlow) {
        [block, other] = [other, block];
        ahead = readBlock(handle, block, position, end);
        // Its error is that of the next step, which may never be asked for.
        ahead.catch(() => undefined);
      }
      const yieldedAtMs = clock.nowMs();
      yield bytes;
      isSlow ||= clock.nowMs() - yieldedAtMs > slowMs;
      if (isFast && isSlow && ahead === undefined) {
        isFast = false;
        fastReaders -= 1;
        [block, other] = [allocate(blockBytes, end - position), noBlock];
      } else if (!isFast && !isSlow && position - start >= provenBytes && fastReaders < mostFastReaders) {
        isFast = true;
        fastReaders += 1;
        [block, other] = [allocate(fastBlockBytes, end - position), allocate(fastBlockBytes, end - position)];
      }
    }
  } finally {
    if (isFast) fastReaders -= 1;
  }
}

const noBlock = new Uint8Array();

/** Not from Node's shared pool, because a slice would keep the whole pool block alive. */
function allocate(most: number, needed: number): Uint8Array {
  return Buffer.allocUnsafeSlow(Math.min(most, needed));
}

async function readBlock(
  handle: FileHandle,
  block: Uint8Array,
  position: number,
  end: number,
): Promise<Uint8Array> {
  const { bytesRead } = await handle.read(block, 0, Math.min(block.byteLength, end - position), position);
  if (bytesRead === 0) throw fileChanged(`it ended at byte ${position} of ${end}`);
  return bytesRead === block.byteLength ? block : block.subarray(0, bytesRead);
}

async function requireUnchanged(handle: FileHandle, version: FileVersion): Promise<void> {
  const now = await handle.stat({ bigint: true });
  if (now.size !== version.size) throw fileChanged(`it had ${version.size} bytes and has ${now.size}`);
  if (now.mtimeNs !== version.mtimeNs) throw fileChanged("it was written to");
}

function fileChanged(what: string): StreamCsvError {
  return new StreamCsvError("SCSV_FILE_CHANGED", `The file changed while it was being sent: ${what}.`);
}
