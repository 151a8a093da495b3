import { StreamCsvError } from "../errors.ts";

/** The fault of a body that gives another number of bytes than its Content-Length promises. */
export function bodyLength(promisedBytes: number, what: string): StreamCsvError {
  return new StreamCsvError("SCSV_BODY_LENGTH", `The body promised ${promisedBytes} bytes and ${what}.`);
}
