import { StreamCsvError } from "../../errors.ts";

/** The fault of every token that isn't good. It doesn't say why, so that nobody can search for one that is. */
export function unauthorized(): StreamCsvError {
  return new StreamCsvError("SCSV_UNAUTHORIZED", "This request needs a valid token.");
}
