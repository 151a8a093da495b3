import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../../src/ground.ts";

/**
 * Makes a new folder for temporary files, whose name begins with a prefix.
 * @throws Error that names the parent folder, and says how to choose another
 */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  return await mkdtemp(join(tmpdir(), prefix)).catch((cause: unknown) => {
    const message = `No temporary folder can be made in "${tmpdir()}": ${messageOf(cause)}. Set TMPDIR to a folder that is writable.`;
    throw new Error(message, { cause });
  });
}
