import { setTimeout as sleep } from "node:timers/promises";
import { portOf } from "../http/port-of.ts";
import { cpuSeconds } from "../probe/process-tree.ts";
import { hasProcFiles } from "../probe/proc-file.ts";
import { bytesInSocketBuffers } from "../probe/bytes-in-socket-buffers.ts";
import { processesOf } from "../session/server/server-processes.ts";
import type { RunningTarget } from "../subject/target.ts";

const stepMs = 250;
/** The buffers are full when they change by less than this share from one step to the next, twice in a row. */
const steadyShare = 0.03;
/** A server that still sends at full speed uses about a core. */
const workingCpuRatio = 0.9;

/** The longest time to wait until the buffers of so many readers are full: a server makes some megabytes for each. */
export function longestSettleMs(readers: number): number {
  return 8000 + 150 * readers;
}

/**
 * Waits until the socket buffers between a server and its slow readers are full, so that the server only makes what is
 * read. They are full when they no longer grow. A server that can't make more than its readers take never fills them,
 * and has settled too.
 */
export async function settleBuffers(
  server: Pick<RunningTarget, "pid" | "members" | "origin">,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const port = portOf(new URL(server.origin));
  const sample = async (): Promise<{ readonly bytes: number; readonly cpu: number }> => ({
    bytes: hasProcFiles ? await bytesInSocketBuffers(port) : 0,
    cpu: await cpuSeconds((await processesOf(server)) ?? []),
  });
  let last = await sample();
  let steadySteps = 0;
  for (let waitedMs = 0; waitedMs < limitMs && steadySteps < 2; waitedMs += stepMs) {
    await sleep(stepMs, undefined, { signal });
    const now = await sample();
    const isSteady = Math.abs(now.bytes - last.bytes) <= steadyShare * Math.max(1, last.bytes);
    // Before the first byte nothing lies in the buffers, and the server is at work.
    const isStarting = now.bytes === 0 && (now.cpu - last.cpu) / (stepMs / 1000) > workingCpuRatio;
    steadySteps = isSteady && !isStarting ? steadySteps + 1 : 0;
    last = now;
  }
}
