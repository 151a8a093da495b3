import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { WriteBehind } from "../../async/write-behind.ts";
import type { ExportRun } from "../../export/run.ts";
import { spoolFault, whereDiskAllows } from "../spool-fault.ts";
import type { BuiltFile, SpoolRoom } from "../spool-file.ts";

/**
 * Space is reserved in growing steps: a small file reserves little more than it needs, and a large file reserves
 * seldom.
 */
const smallestStepBytes = 64 * 1024;
const largestStepBytes = 8 * 1024 ** 2;

/**
 * Writes an export to a new file, and returns its size, rows and digest.
 *
 * Space in the spool is reserved before bytes are written. When the disk is full, other files are removed and the
 * write is repeated. A chunk is written while the next one is made; `onProgress` is called for each, and `stop` with what
 * failed, to end the run. Memory is two chunks. The file is always closed. When writing fails, the caller must remove the
 * partial file.
 * @throws StreamCsvError `SCSV_SPOOL_FULL`, `SCSV_SPOOL_UNUSABLE`, `SCSV_BUSY`; errors of the export and of `room`
 */
export async function writeSpoolFile(
  run: ExportRun,
  path: string,
  room: SpoolRoom,
  stop: (error: unknown) => void,
  onProgress?: () => void,
): Promise<BuiltFile> {
  const hash = createHash("sha256");
  const writing = new WriteBehind(stop);
  const file = await whereDiskAllows(room.freeDisk, () => open(path, "wx", 0o600));
  let isClosed = false;
  try {
    let bytes = 0;
    let reservedBytes = 0;
    for await (const chunk of run.doubleBuffered) {
      const lacking = bytes + chunk.byteLength - reservedBytes;
      if (lacking > 0) {
        const step = Math.min(Math.max(reservedBytes, smallestStepBytes), largestStepBytes);
        reservedBytes += await room.reserve(lacking, Math.max(lacking, step));
      }
      const at = bytes;
      await writing.begin(() => writeAll(file, chunk, at, room));
      hash.update(chunk);
      bytes += chunk.byteLength;
      onProgress?.();
    }
    await writing.finish();
    isClosed = true;
    // Some file systems report a full disk or quota only on close.
    await file.close().catch((error: unknown) => {
      throw spoolFault(error);
    });
    return {
      bytes,
      rows: run.progress.rows,
      guardedCells: run.progress.guardedCells,
      sha256: hash.digest("hex"),
    };
  } catch (error) {
    const first = await writing.abandon(error);
    // A disk that couldn't be written to may fail to close as well.
    if (!isClosed) await file.close().catch(() => undefined);
    throw first;
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array, at: number, room: SpoolRoom): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    const { bytesWritten } = await whereDiskAllows(room.freeDisk, () =>
      file.write(chunk, written, chunk.byteLength - written, at + written),
    );
    written += bytesWritten;
  }
}
