import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** By what a request is found again in logs, here and elsewhere. */
export interface RequestIdentity {
  /** The client's X-Request-Id where it is one, else a fresh one; every answer repeats it. */
  readonly requestId: string;
  /** Of a W3C trace the request is part of, 32 hexadecimal digits. */
  readonly traceId?: string;
  /** Of the span that made the request, 16 hexadecimal digits. */
  readonly parentId?: string;
}

/** Visible ASCII, so that it can stand in a header and in a log line as it is. */
const requestIdPattern = /^[\x21-\x7e]{1,128}$/;

/** W3C Trace Context, section 3.2.2; a version after 00 may have more fields behind. */
const traceParentPattern =
  /^(?<version>[0-9a-f]{2})-(?<traceId>[0-9a-f]{32})-(?<parentId>[0-9a-f]{16})-[0-9a-f]{2}(?<more>-.*)?$/;

/** Reads X-Request-Id and traceparent; what isn't well-formed is passed over, as if it weren't there. */
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
