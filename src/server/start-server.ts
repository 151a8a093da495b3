import { systemClock, type Clock } from "../clock.ts";
import { wrongType } from "../errors.ts";
import { checkSettings } from "./shared/check-settings.ts";
import type { RunningServer } from "./shared/running-server.ts";
import type { ServerOptions } from "./shared/settings.ts";

/**
 * Starts a server: a primary, which is the calling process, and its workers. Missing settings have
 * the defaults of `stream-csv serve`.
 *
 * The primary accepts connections and hands each to a worker. It holds the state that all workers share, and never
 * touches a body. Resolves when every worker is ready. If `signal` is aborted before that, all processes are ended,
 * and the promise rejects with the signal's reason.
 * @param settings - what differs from the defaults of `stream-csv serve`
 * @param signal - aborting it while the server starts ends everything that was started; later it does nothing
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
    throw wrongType("The clock of startServer() must have nowMs() and wallMs(), like systemClock.");
  // Loaded here, so that a program that uses only the responses doesn't load a logger and a metrics registry.
  const { startPrimary } = await import("./primary/primary.ts");
  return await startPrimary(checked, clock, signal);
}
