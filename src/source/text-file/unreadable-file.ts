import { StreamCsvError } from "../../errors.ts";

/** Returns the fault of a text file that does not match its name or its options. `what` completes the sentence. */
export function unreadableFile(path: string, what: string, hint?: string, cause?: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_SOURCE_UNREADABLE", `The file ${JSON.stringify(path)} ${what}.`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * The hint for a byte that an encoding doesn't have. Windows-1252 comes first: what is called Latin-1 is mostly that, and it
 * refuses bytes of most other encodings, where Latin-1 takes any byte.
 */
export const encodingHint =
  "Say how it is encoded with --encoding windows-1252 or --encoding latin-1 (in code: encoding), or convert it to UTF-8 from what it is in, such as with: iconv -f SHIFT_JIS -t UTF-8";
