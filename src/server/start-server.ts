import type { Clock } from "../clock.ts";
import type { RunningServer } from "./primary.ts";
import type { ServerSettings } from "./settings.ts";

/**
 * Starts a server: a primary, which is the calling process, and its workers.
 *
 * The primary accepts connections and hands each to a worker; it holds what must answer alike from any worker and never
 * touches a body. Resolves when every worker is ready.
 * @throws StreamCsvError `SCSV_PORT_UNAVAILABLE`, `SCSV_DUPLICATE_EXPORT`, and what opening a source throws
 */
export async function startServer(settings: ServerSettings, clock: Clock): Promise<RunningServer> {
  // Who only writes a response or counts what it costs shouldn't pay for a logger and a registry of metrics.
  const { startPrimary } = await import("./primary.ts");
  return await startPrimary(settings, clock);
}
