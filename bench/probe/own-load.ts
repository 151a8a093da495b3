import { performance } from "node:perf_hooks";
import { read } from "./process-tree.ts";

/** How busy this process was over a while, which tells whether it held up what it measured. */
export interface OwnLoad {
  /** Share of the time its event loop wasn't idle, from 0 to 1. */
  readonly busyRatio: number;
  /** Share of the time its main thread was ready to run and had no core; null where that isn't told. */
  readonly waitRatio: number | null;
}

/** Watches this process; the function it gives tells of the time since. */
export async function watchOwnLoad(): Promise<() => Promise<OwnLoad>> {
  const waitedBefore = await waitedSeconds();
  const loopBefore = performance.eventLoopUtilization();
  return async () => {
    const loop = performance.eventLoopUtilization(loopBefore);
    const elapsedSeconds = (loop.active + loop.idle) / 1000;
    const waited = await waitedSeconds();
    return {
      busyRatio: loop.utilization,
      waitRatio:
        waited === null || waitedBefore === null || elapsedSeconds <= 0
          ? null
          : (waited - waitedBefore) / elapsedSeconds,
    };
  };
}

/** The second number of schedstat: nanoseconds on a run queue. */
async function waitedSeconds(): Promise<number | null> {
  const text = await read(`/proc/${process.pid}/task/${process.pid}/schedstat`);
  const nanoseconds = Number(text.split(" ")[1]);
  return text === "" || Number.isNaN(nanoseconds) ? null : nanoseconds / 1e9;
}
