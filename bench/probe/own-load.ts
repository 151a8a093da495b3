import { performance } from "node:perf_hooks";
import { readProcFile } from "./proc-file.ts";

/** How busy this process was for a while, which shows whether it slowed down what it measured. */
export interface OwnLoad {
  /** Share of the time its event loop was not idle, from 0 to 1. */
  readonly busyRatio: number;
  /** Share of the time its main thread was ready to run and had no core; null where the system does not report it. */
  readonly waitRatio: number | null;
}

/**
 * A reader that was busy for a larger share of an export than these may have been the slower side: then a report warns,
 * or a round that gates is refused.
 */
export const busyReaderRatio = { warns: 0.6, refuses: 0.8 } as const;

/**
 * How busy a reader was with an export, as far as that can have slowed it down: one read takes a body that is smaller than
 * its buffer, for a millisecond of work, and how the system shares its cores decides the rest.
 */
export function busyWith(bodyBytes: number, busyRatio: number): number {
  return bodyBytes < smallBodyBytes ? 0 : busyRatio;
}

const smallBodyBytes = 256 * 1024;

/** Watches this process; the function it returns gives its load since then. */
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
  const text = await readProcFile(`/proc/${process.pid}/task/${process.pid}/schedstat`);
  const nanoseconds = Number(text.split(" ")[1]);
  return text === "" || Number.isNaN(nanoseconds) ? null : nanoseconds / 1e9;
}
