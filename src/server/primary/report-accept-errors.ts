import type { Server } from "node:net";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";

/** How often accept errors are logged: without free descriptors every connection causes one. */
const acceptLogIntervalMs = 10_000;

/** An accept error (ENFILE, ENOMEM) affects one connection, but without a listener it would end the server. */
export function reportAcceptErrors(listener: Server, log: Logger, clock: Clock): void {
  let errors = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  listener.on("error", (error) => {
    errors += 1;
    if (clock.nowMs() - loggedAtMs < acceptLogIntervalMs) return;
    loggedAtMs = clock.nowMs();
    log.error({ err: error, errors }, "connections could not be accepted");
    errors = 0;
  });
}
