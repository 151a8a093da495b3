import { closeSync, readdirSync, readlinkSync } from "node:fs";

/** How many descriptors of this process lead to a path that contains `part`; with "" all of them. */
export function timesOpen(part: string): number {
  return descriptorsOf(part).length;
}

/** Closes a file of this process behind the back of its handle, which then fails to close, as on a disk that is gone. */
export function closeBehind(path: string): void {
  for (const descriptor of descriptorsOf(path)) closeSync(Number(descriptor));
}

function descriptorsOf(part: string): readonly string[] {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).includes(part);
    } catch {
      return false;
    }
  });
}

/**
 * Whoever returns a reading waits until its file is closed. An aborted reading rejects first and closes then, as soon as its
 * read of the file comes back. If it never closes, the time limit of the test ends the wait.
 */
export async function untilClosed(path: string): Promise<void> {
  while (timesOpen(path) > 0)
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
}
