import { StreamCsvError } from "../errors.ts";

/** The fault of a database all of whose tables and views were left out, because none can be read. */
export function noneReadable(path: string, names: readonly string[]): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `${JSON.stringify(path)} has no table or view that can be read; it has ${names.join(", ")}.`,
    { hint: "Name one of them with --table to see why." },
  );
}
