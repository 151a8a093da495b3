import { extname } from "node:path/posix";
import mime from "mime";
import { baseNameOf } from "./disposition.ts";

/** A compressed file has the type of its compression, so that the browser keeps it compressed. */
const archiveTypes: Readonly<Record<string, string>> = {
  ".gz": "application/gzip",
  ".br": "application/x-brotli",
  ".bz2": "application/x-bzip",
  ".xz": "application/x-xz",
  ".Z": "application/x-compress",
  ".zst": "application/zstd",
};

/** The media type of a file name's extension, without a charset; `application/octet-stream` if it is unknown. */
export function guessContentType(filename: string | undefined): string {
  // Only the extension counts: a file named "csv" isn't necessarily a CSV file.
  const ending = extname(baseNameOf(filename));
  return archiveTypes[ending] ?? mime.getType(ending) ?? "application/octet-stream";
}
