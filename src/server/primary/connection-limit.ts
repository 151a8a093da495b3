import { readFileSync } from "node:fs";

/** Descriptors a process needs in addition to its connections: its program, the spool, channels to other processes. */
const otherDescriptors = 64;
/** Memory limits the connections too: an idle connection takes about 10 KB. */
const mostForWorker = 10_000;
/** The lowest limit, however few descriptors there are. */
const least = 16;
/** The assumed limit if the system doesn't report one. */
const usualDescriptors = 1024;

/**
 * The default of `--max-connections`: half the descriptors of a process, because one worker may get all connections,
 * and an export opens a file in addition to its connection.
 */
export function usualConnections(workers: number, descriptors = descriptorLimit()): number {
  const fitting = Math.floor((descriptors - otherDescriptors) / 2);
  return Math.max(least, Math.min(fitting, workers * mostForWorker));
}

/** The most refusals in progress at once: an eighth of the descriptors, at most 1024. */
export function mostRefusals(descriptors = descriptorLimit()): number {
  return Math.max(least, Math.min(1024, Math.floor(descriptors / 8)));
}

/**
 * Node has no function for the limit, but Linux has it in /proc. Node raises the soft limit to the hard one when it
 * starts.
 */
function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(soft ?? usualDescriptors);
  } catch {
    return usualDescriptors;
  }
}
