import type { ChildProcess } from "node:child_process";

const alive = new Set<ChildProcess>();
let isWatching = false;

/**
 * Ends a child when this process ends for any reason. The runner ends a slow test file by a signal; its children
 * would otherwise run on during the next tests.
 */
export function endWithUs(child: ChildProcess): void {
  endOnSignal();
  alive.add(child);
  child.once("exit", () => alive.delete(child));
}

/** Turns the runner's signal into an exit, so that exit handlers can end child processes. */
export function endOnSignal(): void {
  if (isWatching) return;
  isWatching = true;
  process.once("SIGTERM", () => process.exit(143));
  process.once("exit", () => {
    // Not SIGKILL, because children must end their own servers.
    for (const child of alive) child.kill("SIGTERM");
  });
}
