import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { isCodedError, toError } from "../../errors.ts";
import { loggableTarget } from "./loggable-target.ts";
import type { RequestIdentity } from "./request-identity.ts";

/** A client may send any target and method, and the line must stay readable. */
const mostLetters = 500;

/**
 * Logs a request that is answered with a status of 400 or more. A client's mistake is information; a server that has no room, or
 * a database that is away, is a warning; an internal error is an error, with its stack.
 */
export function logRefusal(
  log: Logger,
  { method = "", url }: Pick<IncomingMessage, "method" | "url">,
  identity: RequestIdentity,
  status: number,
  thrown: unknown,
): void {
  const target = loggableTarget(url).slice(0, mostLetters);
  const request = { ...identity, method: method.slice(0, mostLetters), url: target };
  if (status === 500) {
    log.error({ ...request, err: thrown }, "request failed");
    return;
  }
  const error = toError(thrown);
  const code = isCodedError(error) ? error.code : "SCSV_INTERNAL";
  const line = { ...request, status, code, detail: error.message.slice(0, mostLetters) };
  if (status > 500) log.warn(line, "request refused");
  else log.info(line, "request refused");
}
