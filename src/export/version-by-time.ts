import type { Clock } from "../clock.ts";
import type { LiveVersion } from "./definition.ts";

/** A version that changes with the time: requests of one period share their rows, on all machines alike. */
export function versionByTime(freshnessMs: number, clock: Clock): LiveVersion {
  return () => Promise.resolve(String(Math.floor(clock.wallMs() / freshnessMs)));
}
