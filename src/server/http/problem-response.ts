import { STATUS_CODES } from "node:http";
import { StreamCsvError, faultCatalog, isCodedError, type FaultCode } from "../../errors.ts";
import { HttpResponse } from "../../response/http-response.ts";
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
  const error = shortage(thrown) ?? (thrown instanceof StreamCsvError ? thrown : internal(thrown));
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

/** Faults of a body that has begun. Their messages name a row and a column, a process or an SQLSTATE, and nothing else. */
const bodyFaults: ReadonlySet<FaultCode> = new Set([
  "SCSV_INVALID_DATE",
  "SCSV_NON_FINITE",
  "SCSV_FORMULA",
  "SCSV_NO_TEXT",
  "SCSV_ROW_SHAPE",
  "SCSV_CLIENT_TOO_SLOW",
  "SCSV_WORKER_FAILED",
  "SCSV_QUERY_FAILED",
  "SCSV_DATABASE_REFUSED",
]);

/** A fault of a transfer as clients may see it. The log has the whole message. */
export function faultForClients(thrown: unknown): { readonly code: string; readonly message: string } {
  const error = thrown instanceof StreamCsvError ? thrown : internal(thrown);
  return {
    code: error.code,
    message: bodyFaults.has(error.code) ? error.message : messageForClients(error),
  };
}

function messageForClients(error: StreamCsvError): string {
  return isForClients(error) ? error.message : faultCatalog[error.code].meaning;
}

/** The message of an internal or source error may contain a local path, or the text of a query. */
function isForClients({ status, code }: StreamCsvError): boolean {
  return status !== 500 && !code.startsWith("SCSV_SOURCE_");
}

const shortageCodes: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** A lack of descriptors or memory is temporary, so it is a 503 whichever operation failed. */
function shortage(thrown: unknown): StreamCsvError | undefined {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if (!isCodedError(cause) || !shortageCodes.has(cause.code)) continue;
    const hint =
      "Try again after the seconds in Retry-After; raise the limit of open files, or lower --max-connections.";
    const message = `The server has run out of file descriptors or memory (${cause.code}).`;
    return new StreamCsvError("SCSV_BUSY", message, { cause: thrown, hint, retryAfterSeconds: 1 });
  }
  return undefined;
}

function internal(cause: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_INTERNAL", "The server failed to answer; its log has the reason.", {
    cause,
  });
}
