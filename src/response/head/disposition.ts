import { createRequire } from "node:module";
import { basename, extname } from "node:path/posix";
import contentDisposition from "content-disposition";
import type * as MimeTypes from "mime-types";

const require = createRequire(import.meta.url);

/** Files packed by these are files of the packer's type: the browser is to keep them packed. */
const archiveTypes: Readonly<Record<string, string>> = {
  ".gz": "application/gzip",
  ".br": "application/x-brotli",
  ".bz2": "application/x-bzip",
  ".xz": "application/x-xz",
  ".Z": "application/x-compress",
  ".zst": "application/zstd",
};

/**
 * The Content-Disposition of a file (RFC 6266): `filename` in ASCII, and `filename*` beside it when the name isn't.
 * Only the base name is used. Undefined for an inline file without a name, which needs no such header.
 *
 * @example
 * formatDisposition("reports/naïve.csv", true); // attachment; filename="na?ve.csv"; filename*=UTF-8''na%C3%AFve.csv
 */
export function formatDisposition(filename: string | undefined, asAttachment: boolean): string | undefined {
  // Half a surrogate pair has no UTF-8, which filename* is in.
  const name = basename(filename ?? "").toWellFormed();
  if (name === "") return asAttachment ? "attachment" : undefined;
  return contentDisposition(name, {
    type: asAttachment ? "attachment" : "inline",
    // Readers disagree on Latin-1 here, so what isn't plain ASCII goes into filename* only.
    fallback: name.replaceAll(/[^\x20-\x7e]/gu, "?"),
  });
}

/** The media type that a file's name tells, without a charset; `application/octet-stream` where it tells none. */
export function guessContentType(filename: string | undefined): string {
  // The ending alone, since a file named "csv" is not thereby one.
  const ending = extname(basename(filename ?? ""));
  // Loaded when a type is first guessed: a thousand types are a lot for a process that names its own.
  const { lookup } = require("mime-types") as typeof MimeTypes;
  return archiveTypes[ending] ?? (lookup(ending) || "application/octet-stream");
}
