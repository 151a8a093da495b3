import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { canSampleProcesses, processTree, stillRunning } from "../../probe/process-tree.ts";
import type { StartedMarker } from "./started-marker.ts";

/** A server without connections ends in milliseconds. One that takes longer is killed, because it has no work to keep. */
const termGraceMs = 3000;
/** How long to watch for descendants that outlive their parent before they are killed one by one. */
const orphanGraceMs = 500;

/**
 * Ends a process and its descendants, by their ids. One of another user, which this process may not end, is let go: it would keep
 * this process running for as long as it runs itself.
 * @param isGroup the process is a shell that leads a process group; a shell passes no signal on, so all members get it
 */
export async function endTree(
  child: ChildProcess,
  { ended, isGroup }: { readonly ended: Promise<void>; readonly isGroup: boolean },
): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const isRunning = child.exitCode === null && child.signalCode === null;
  const tree = canSampleProcesses && isRunning ? await processTree(pid) : [];
  if (isRunning) {
    if (isGroup) {
      signalAll([-pid, ...tree.slice(1)], "SIGTERM");
    } else child.kill("SIGTERM");
    const grace = new AbortController();
    const isLate = await Promise.race([
      ended.then(() => false),
      // Only the abort rejects it, and then the race is over.
      sleep(termGraceMs, true, { signal: grace.signal }).catch(() => false),
    ]);
    grace.abort();
    // Where this process may not end it, as behind sudo, it says so by an error.
    if (isLate) child.kill("SIGKILL");
    await ended;
    if (child.exitCode === null && child.signalCode === null) child.unref();
  }
  await endOrphans(tree.slice(1));
  // A process that lost its parent is no longer in the tree, but still in the group.
  if (isGroup) signalAll([-pid], "SIGKILL");
  child.stdout?.destroy();
  child.stderr?.destroy();
}

/**
 * Ends every process that has a server's mark: those that left its tree and its group before it ended, such as a daemon.
 */
export async function endMarked({ find }: Pick<StartedMarker, "find">): Promise<void> {
  const left = await stillRunning(await find());
  if (left.length === 0) return;
  signalAll(left, "SIGTERM");
  if (await endWithin(left, termGraceMs)) return;
  signalAll(await stillRunning(left), "SIGKILL");
  await endWithin(left, orphanGraceMs);
}

/** Kills every process that has a mark, at the exit of this process. */
export function killMarked({ findNow }: Pick<StartedMarker, "findNow">): void {
  signalAll(findNow(), "SIGKILL");
}

/** Descendants end with their parent, or are ended by their ids, which were read while it lived. */
async function endOrphans(pids: readonly number[]): Promise<void> {
  if (await endWithin(pids, orphanGraceMs)) return;
  signalAll(await stillRunning(pids), "SIGKILL");
  // The kernel takes a moment to remove a killed process.
  await endWithin(pids, orphanGraceMs);
}

async function endWithin(pids: readonly number[], graceMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < graceMs; waitedMs += 10) {
    if ((await stillRunning(pids)).length === 0) return true;
    await sleep(10);
  }
  return false;
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended just before the signal.
    }
  }
}
