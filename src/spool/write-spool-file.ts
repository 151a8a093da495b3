import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { ExportRun } from "../export/run.ts";
import type { BuiltFile } from "./spool.ts";

/**
 * Writes a run to a new file and tells its size, rows and digest.
 * `reserve` is awaited before each chunk is written, and stops the writing by throwing. Memory is one chunk. The file is closed in
 * any case; when writing fails, a partial file is left for the caller to remove.
 */
export async function writeSpoolFile(
  run: ExportRun,
  path: string,
  reserve: (bytes: number) => Promise<void>,
): Promise<BuiltFile> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  try {
    let bytes = 0;
    for await (const chunk of run.chunks) {
      await reserve(chunk.byteLength);
      await file.writeFile(chunk);
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
    return {
      bytes,
      rows: run.progress.rows,
      guardedCells: run.progress.guardedCells,
      sha256: hash.digest("hex"),
    };
  } finally {
    await file.close();
  }
}
