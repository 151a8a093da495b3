import { readFileSync } from "node:fs";

/** What a process needs beside its connections: its program, the spool, channels to others. */
const otherDescriptors = 64;
/** However many descriptors there are, memory isn't without end: a silent connection takes about 10 KB. */
const mostForWorker = 10_000;
/** However few descriptors there are, a server serves somebody. */
const least = 16;
/** What is taken for the limit where it can't be read. */
const usualDescriptors = 1024;

/**
 * The connections that a server takes when nobody says how many: half the descriptors a process may have, since one worker
 * may get all of them, and an export reads a file beside its connection.
 */
export function usualConnections(workers: number, descriptors = descriptorLimit()): number {
  const fitting = Math.floor((descriptors - otherDescriptors) / 2);
  return Math.max(least, Math.min(fitting, workers * mostForWorker));
}

/** Refusals that may be under way at once: an eighth of the descriptors, and 1024 at the most. */
export function mostRefusals(descriptors = descriptorLimit()): number {
  return Math.max(least, Math.min(1024, Math.floor(descriptors / 8)));
}

/** Node has no function for it; on Linux /proc tells. Node raises the soft limit to the hard one when it starts. */
function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(soft ?? usualDescriptors);
  } catch {
    return usualDescriptors;
  }
}
