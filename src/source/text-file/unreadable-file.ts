import { StreamCsvError } from "../../errors.ts";

/** Returns the fault of a text file that does not match its name or its options. `what` completes the sentence. */
export function unreadableFile(path: string, what: string, hint?: string, cause?: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_SOURCE_UNREADABLE", `The file ${JSON.stringify(path)} ${what}.`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
