import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";

const blockBytes = 256 * 1024;

/**
 * Computes the SHA-256 of a file, hexadecimal, in blocks of 256 KiB with one buffer; `onProgress` is called for each
 * block.
 */
export async function fileDigest(path: string, onProgress?: () => void): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const hash = createHash("sha256");
    const block = Buffer.allocUnsafe(blockBytes);
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, blockBytes, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(block.subarray(0, bytesRead));
      onProgress?.();
    }
  } finally {
    await handle.close();
  }
}
