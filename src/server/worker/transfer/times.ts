import type { ConnectionTime } from "../../../source/source.ts";

/** What an export cost its database, as a line of the log has it. */
export function connectionTimes(time: ConnectionTime | null): object {
  if (time === null) return {};
  return {
    connectionHeldMs: roundedMs(time.heldSeconds * 1000),
    connectionWaitMs: roundedMs(time.waitSeconds * 1000),
  };
}

/** Milliseconds with three digits behind the point; null for a time that isn't known. */
export function roundedMs(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.round(milliseconds * 1000) / 1000;
}
