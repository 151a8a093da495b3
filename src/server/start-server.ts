import type { Clock } from "../clock.ts";
import { wrongType } from "../errors.ts";
import type { RunningServer } from "./primary.ts";
import type { ServerSettings } from "./settings.ts";

/**
 * Starts a server: a primary, which is the calling process, and its workers.
 *
 * The primary accepts connections and hands each to a worker; it holds what must answer alike from any worker and never
 * touches a body. Resolves when every worker is ready.
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` for settings that no server can run with; StreamCsvError
 *   `SCSV_PORT_UNAVAILABLE`, `SCSV_DUPLICATE_EXPORT`, `SCSV_SPOOL_UNUSABLE`, and what opening a source throws
 */
export async function startServer(settings: ServerSettings, clock: Clock): Promise<RunningServer> {
  // Who only writes a response or counts what it costs shouldn't pay for a logger and a registry of metrics.
  const { checkSettings } = await import("./check-settings.ts");
  checkSettings(settings);
  if (typeof clock?.nowMs !== "function" || typeof clock.wallMs !== "function")
    throw wrongType("startServer() takes settings and a clock: give systemClock as the second.");
  const { startPrimary } = await import("./primary.ts");
  return await startPrimary(settings, clock);
}
