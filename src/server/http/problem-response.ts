import { STATUS_CODES } from "node:http";
import { faultCatalog, type FaultCode } from "../../errors.ts";
import { isForClients, messageForClients } from "../../fault-for-clients.ts";
import { HttpResponse } from "../../response/http-response.ts";
import { answeredFault } from "./answered-fault.ts";
import { HttpFault } from "./http-fault.ts";

/** The body of an error response (RFC 9457). Clients should branch on `code`. */
interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FaultCode;
  readonly hint: string;
  readonly parameter?: string;
}

/** The response for a fault before the first byte of a body. Internal details go only to the log. */
export function problemResponse(thrown: unknown): HttpResponse {
  const error = answeredFault(thrown);
  const problem: Problem = {
    title: STATUS_CODES[error.status] ?? "Error",
    status: error.status,
    detail: messageForClients(error),
    code: error.code,
    hint: isForClients(error) ? error.hint : faultCatalog[error.code].remedy,
    ...(error.parameter === undefined ? {} : { parameter: error.parameter }),
  };
  const response = new HttpResponse(`${JSON.stringify(problem)}\n`, {
    statusCode: error.status,
    contentType: "application/problem+json",
  });
  response.headers.set("Cache-Control", "no-store");
  if (error instanceof HttpFault)
    for (const [name, value] of Object.entries(error.headers)) response.headers.set(name, value);
  // The same for a token that is missing, wrong or expired.
  if (error.status === 401) response.headers.set("WWW-Authenticate", 'Bearer realm="stream-csv"');
  const retryAfterSeconds = error.retryAfterSeconds ?? (error.status === 503 ? 1 : undefined);
  if (retryAfterSeconds !== undefined) response.headers.set("Retry-After", String(retryAfterSeconds));
  return response;
}
