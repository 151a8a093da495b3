import { StreamCsvError, faultCatalog, type FaultCode } from "./errors.ts";

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

/** A fault of a transfer or a job as clients may see it. The log has the whole message. */
export function faultForClients(thrown: unknown): { readonly code: string; readonly message: string } {
  const error = thrown instanceof StreamCsvError ? thrown : internalFault(thrown);
  return {
    code: error.code,
    message: bodyFaults.has(error.code) ? error.message : messageForClients(error),
  };
}

/** The message of a fault, or its general meaning where the message isn't for clients. */
export function messageForClients(error: StreamCsvError): string {
  return isForClients(error) ? error.message : faultCatalog[error.code].meaning;
}

/**
 * Whether clients may see the message of a fault: that of an internal or source error may contain a local path, or the text
 * of a query.
 */
export function isForClients({ status, code }: StreamCsvError): boolean {
  return status !== 500 && !code.startsWith("SCSV_SOURCE_");
}

/** The fault of an error that nobody expected. */
export function internalFault(cause: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_INTERNAL", "The server failed to answer; its log has the reason.", {
    cause,
  });
}
