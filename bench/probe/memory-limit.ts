import { totalmem } from "node:os";

/** The limit of the control group, or the memory of the machine when that is smaller or there is no limit. */
export function memoryLimitBytes(): number {
  const allowed = process.constrainedMemory() ?? 0;
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
