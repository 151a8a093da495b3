import { StreamCsvError } from "../../errors.ts";

/** The fault of a text file that isn't what its name or its options say; `what` ends the sentence. */
export function unreadableFile(path: string, what: string, hint?: string, cause?: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_SOURCE_UNREADABLE", `The file ${JSON.stringify(path)} ${what}.`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
