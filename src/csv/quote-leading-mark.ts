import { isPostgres, type Dialect } from "./dialect.ts";

/** What U+FEFF is in UTF-8. */
const mark = [0xef, 0xbb, 0xbf];
const markText = "\uFEFF";

/**
 * Quotes the first cell of a file if its text begins with U+FEFF. Readers would take these bytes for the byte order mark of the
 * file, and drop them. COPY doesn't quote such a text, and PostgreSQL keeps it.
 */
export function quoteLeadingMark(bytes: Uint8Array, dialect: Dialect): Uint8Array {
  if (dialect.bom || isPostgres(dialect)) return bytes;
  // A null marker has no quotes, or it would be a text.
  if (mark.some((byte, index) => bytes[index] !== byte) || dialect.nullValue.startsWith(markText))
    return bytes;
  const quote = dialect.quote.charCodeAt(0);
  const delimiter = dialect.delimiter.charCodeAt(0);
  const lineEnd = dialect.recordDelimiter.charCodeAt(0);
  // A cell without quotes has none of these in it, and no quote to be doubled.
  const end = bytes.findIndex((byte) => byte === delimiter || byte === lineEnd);
  const quoted = new Uint8Array(bytes.length + 2);
  quoted[0] = quote;
  quoted.set(bytes.subarray(0, end), 1);
  quoted[end + 1] = quote;
  quoted.set(bytes.subarray(end), end + 2);
  return quoted;
}
