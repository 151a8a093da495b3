import type { ChildProcess } from "node:child_process";

const alive = new Set<ChildProcess>();
let isWatching = false;

/**
 * Ends a child when this process ends, however that comes: a test file that takes too long is ended by the runner with a
 * signal, and what it had started would run on beside the tests after it.
 */
export function endWithUs(child: ChildProcess): void {
  endOnSignal();
  alive.add(child);
  child.once("exit", () => alive.delete(child));
}

/** Lets the runner's signal be an exit, which whoever started processes is told of. */
export function endOnSignal(): void {
  if (isWatching) return;
  isWatching = true;
  process.once("SIGTERM", () => process.exit(143));
  process.once("exit", () => {
    // Not SIGKILL: it is for them to end their own servers.
    for (const child of alive) child.kill("SIGTERM");
  });
}
