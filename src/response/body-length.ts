import { StreamCsvError } from "../errors.ts";

/** The error for a body whose number of bytes differs from its Content-Length. */
export function bodyLength(promisedBytes: number, what: string): StreamCsvError {
  return new StreamCsvError("SCSV_BODY_LENGTH", `The body promised ${promisedBytes} bytes and ${what}.`);
}
