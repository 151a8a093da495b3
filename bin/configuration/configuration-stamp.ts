import { statSync } from "node:fs";
import { fileStamp } from "../../src/ground.ts";

/**
 * Changes whenever a file is written to or replaced. Undefined while there is none, it can't be looked at, or it is a pipe, which
 * can be read only once.
 */
export function configurationStamp(file: string): string | undefined {
  try {
    const stats = statSync(file, { bigint: true });
    return stats.isFile() ? fileStamp(stats) : undefined;
  } catch {
    // Reading it says why.
    return undefined;
  }
}
