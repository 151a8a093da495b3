import { systemClock, type Clock } from "../clock.ts";
import { wrongType } from "../errors.ts";
import { checkSettings } from "./check-settings.ts";
import type { RunningServer } from "./running-server.ts";
import type { ServerOptions } from "./settings.ts";

/**
 * Starts a server: a primary, which is the calling process, and its workers. What the settings don't say is
 * as `stream-csv serve` has it by default.
 *
 * The primary accepts connections and hands each to a worker; it holds what must answer alike from any worker and never
 * touches a body. Resolves when every worker is ready. When `signal` is aborted before that, everything is ended, and the
 * promise rejects with the signal's reason.
 * @param settings - what differs from the defaults of `stream-csv serve`
 * @param signal - aborted while the server starts, it ends what was started; afterwards it does nothing
 * @param clock - for tests
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` for a setting that can't be used; StreamCsvError
 * `SCSV_PORT_UNAVAILABLE`, `SCSV_DUPLICATE_EXPORT`, and what opening a source throws
 * @example
 * ```js
 * import { startServer } from "stream-csv/server";
 *
 * const server = await startServer({ port: 0, log: { level: "silent" } });
 * const answer = await fetch(`${server.url}/exports/orders.csv?rows=2&columns=id`);
 * console.log((await answer.text()).trim().split("\r\n").join(" "));
 * server.drain();
 * await server.stopped;
 * ```
 *
 * ```text
 * id 1 2
 * ```
 */
export async function startServer(
  settings: ServerOptions = {},
  signal?: AbortSignal,
  clock: Clock = systemClock,
): Promise<RunningServer> {
  const checked = checkSettings(settings);
  if (typeof clock.nowMs !== "function" || typeof clock.wallMs !== "function")
    throw wrongType("The clock of startServer() has nowMs() and wallMs(), as systemClock has.");
  // Who only writes a response or counts what it costs shouldn't pay for a logger and a registry of metrics.
  const { startPrimary } = await import("./primary.ts");
  return await startPrimary(checked, clock, signal);
}
