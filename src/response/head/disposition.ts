import { basename } from "node:path/posix";
import { BadHeaderError } from "../../errors.ts";
import { describeValue } from "../../body/chunk.ts";

/**
 * The Content-Disposition of a file (RFC 6266): `filename` in ASCII, together with `filename*` if the name isn't
 * ASCII. Only the part after the last slash is used; a backslash is part of a name. An inline file without a name
 * needs no such header, so the result is then undefined.
 *
 * @throws BadHeaderError `SCSV_BAD_HEADER` for half of a surrogate pair, which UTF-8 can't express
 * @example
 * formatDisposition("reports/naïve.csv", true); // attachment; filename="na?ve.csv"; filename*=UTF-8''na%C3%AFve.csv
 */
export function formatDisposition(filename: string | undefined, asAttachment: boolean): string | undefined {
  const name = baseNameOf(filename);
  if (!name.isWellFormed())
    throw new BadHeaderError(`filename can't hold half of a surrogate pair: ${describeValue(filename)}.`);
  if (name === "") return asAttachment ? "attachment" : undefined;
  // Clients disagree on Latin-1 here, so other characters than ASCII go into filename* only.
  const fallback = name.replaceAll(/[^\x20-\x7e]/gu, "?");
  const parts = [
    asAttachment ? "attachment" : "inline",
    `filename="${fallback.replaceAll(/["\\]/g, "\\$&")}"`,
  ];
  // Some clients decode percent signs in filename; no client decodes filename* twice.
  if (fallback !== name || /%[0-9a-f]{2}/i.test(name)) parts.push(`filename*=UTF-8''${encodeExtended(name)}`);
  return parts.join("; ");
}

/** The part of a file name after its last slash, slashes at the end apart; empty if there is none, as for `"/"`. */
export function baseNameOf(filename: string | undefined): string {
  return basename(filename ?? "");
}

/** Percent-encodes by RFC 8187, section 3.2.1, which doesn't allow four characters that encodeURIComponent keeps. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
