import { basename, extname } from "node:path/posix";
import mime from "mime";

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
 * Only what follows the last slash is used; a backslash is part of a name. Undefined for an inline file without a name,
 * which needs no such header.
 *
 * @example
 * formatDisposition("reports/naïve.csv", true); // attachment; filename="na?ve.csv"; filename*=UTF-8''na%C3%AFve.csv
 */
export function formatDisposition(filename: string | undefined, asAttachment: boolean): string | undefined {
  // Half a surrogate pair has no UTF-8, which filename* is in.
  const name = basename(filename ?? "").toWellFormed();
  if (name === "") return asAttachment ? "attachment" : undefined;
  // Readers disagree on Latin-1 here, so what isn't plain ASCII goes into filename* only.
  const fallback = name.replaceAll(/[^\x20-\x7e]/gu, "?");
  const parts = [
    asAttachment ? "attachment" : "inline",
    `filename="${fallback.replaceAll(/["\\]/g, "\\$&")}"`,
  ];
  // Some readers decode percent signs in filename, and none does so twice in filename*.
  if (fallback !== name || /%[0-9a-f]{2}/i.test(name)) parts.push(`filename*=UTF-8''${encodeExtended(name)}`);
  return parts.join("; ");
}

/** Percent-encodes as RFC 8187, section 3.2.1 has it: encodeURIComponent leaves four characters that it doesn't allow. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The media type that a file's name tells, without a charset; `application/octet-stream` where it tells none. */
export function guessContentType(filename: string | undefined): string {
  // The ending alone, since a file named "csv" is not thereby one.
  const ending = extname(basename(filename ?? ""));
  return archiveTypes[ending] ?? mime.getType(ending) ?? "application/octet-stream";
}
