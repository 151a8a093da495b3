import type { BigIntStats } from "node:fs";

/** Changes whenever a file is written to, replaced, or given another time, because nobody can set the ctime. */
export function fileStamp({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size}-${mtimeNs}-${ctimeNs}-${ino}`;
}
