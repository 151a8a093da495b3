import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { isCodedError, toError } from "../../errors.ts";
import { faultLevel } from "./answered-fault.ts";
import { loggableTarget } from "./loggable-target.ts";
import type { RequestIdentity } from "./request-identity.ts";

/** A client may send any target and method, and the line must stay readable. */
const mostLetters = 500;

/** Logs a request that is answered with a status of 400 or more, at the level of its fault. */
export function logRefusal(
  log: Logger,
  { method = "", url }: Pick<IncomingMessage, "method" | "url">,
  identity: RequestIdentity,
  status: number,
  thrown: unknown,
): void {
  const target = loggableTarget(url).slice(0, mostLetters);
  const request = { ...identity, method: method.slice(0, mostLetters), url: target };
  const level = faultLevel(thrown);
  if (level === "error") {
    log.error({ ...request, err: thrown }, "request failed");
    return;
  }
  const error = toError(thrown);
  const code = isCodedError(error) ? error.code : "SCSV_INTERNAL";
  const line = { ...request, status, code, detail: error.message.slice(0, mostLetters) };
  log[level](line, "request refused");
}
