import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Identifies a request in the logs of this server and of others. */
export interface RequestIdentity {
  /** The client's X-Request-Id if it is valid, else a new one; every answer repeats it. */
  readonly requestId: string;
  /** The W3C trace of the request, 32 hexadecimal digits. */
  readonly traceId?: string;
  /** The span that made the request, 16 hexadecimal digits. */
  readonly parentId?: string;
}

/** Visible ASCII, which needs no escaping in a header or a log line. */
const requestIdPattern = /^[\x21-\x7e]{1,128}$/;

/** W3C Trace Context, section 3.2.2; versions after 00 may append fields. */
const traceParentPattern =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-[0-9a-f]{2}(?<more>-.*)?$/;

/** Reads X-Request-Id and traceparent; malformed ones are ignored. */
export function identify(headers: IncomingHttpHeaders): RequestIdentity {
  const given = headers["x-request-id"];
  const requestId = typeof given === "string" && requestIdPattern.test(given) ? given : randomUUID();
  const { traceparent } = headers;
  return typeof traceparent === "string" ? { requestId, ...readTraceParent(traceparent) } : { requestId };
}

function readTraceParent(text: string): Pick<RequestIdentity, "traceId" | "parentId"> {
  const { version, traceId = "", parentId = "", more } = traceParentPattern.exec(text)?.groups ?? {};
  const isKnownForm = version !== "ff" && (version !== "00" || more === undefined);
  const isZero = /^0*$/;
  return isKnownForm && !isZero.test(traceId) && !isZero.test(parentId) ? { traceId, parentId } : {};
}
