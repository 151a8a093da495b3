import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a new folder for temporary files, whose name begins with a prefix.
 * @throws Error that names the folder it would be in, and how to choose another
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  return await mkdtemp(join(tmpdir(), prefix)).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `No temporary folder can be made in "${tmpdir()}": ${reason}. Set TMPDIR to a folder that can be written to.`;
    throw new Error(message, { cause });
  });
}
