import { contentTypeOf } from "../csv/dialect.ts";
import { formatDisposition } from "../response/head/disposition.ts";
import { ResponseHeaders } from "../response/head/response-headers.ts";
import { StreamingHttpResponse, type StreamingResponseOptions } from "../response/streaming-http-response.ts";
import type { Rows } from "../source/row-reader.ts";
import type { Source } from "../source/source.ts";
import { csvChunks, dialectOf, type CsvOptions } from "./csv-chunks.ts";

/** What the response of rows can be made with. */
export interface CsvResponseOptions extends StreamingResponseOptions {
  /** The name under which the client saves the text; without one it shows it. */
  readonly filename?: string;
}

/**
 * A streaming response of rows as CSV: the one-liner for an export endpoint.
 *
 * It carries the dialect's Content-Type, `Cache-Control: private, no-store` unless given, `X-Accel-Buffering: no`, and
 * with `filename` a Content-Disposition (RFC 6266). Rows are read while they are sent, as {@link csvChunks} reads them;
 * closing the response, or a client that leaves, releases them.
 * @throws RangeError `SCSV_ARG_RANGE` and TypeError `SCSV_ARG_TYPE` for options that can't be
 * @example
 * createServer((req, res) => void send(csvResponse([{ id: 1, name: "Ann" }], {}, { filename: "people.csv" }), req, res));
 */
export function csvResponse(
  rows: Rows | Source,
  options: CsvOptions = {},
  { filename, ...init }: CsvResponseOptions = {},
): StreamingHttpResponse {
  const dialect = dialectOf(options);
  const headers = new ResponseHeaders(init.headers);
  if (init.contentType === undefined) headers.setDefault("Content-Type", contentTypeOf(dialect));
  headers.setDefault("Cache-Control", "private, no-store");
  headers.setDefault("X-Accel-Buffering", "no");
  const disposition = formatDisposition(filename, true);
  if (filename !== undefined && disposition !== undefined) headers.set("Content-Disposition", disposition);
  return new StreamingHttpResponse(({ signal }) => csvChunks(rows, options, { signal }), {
    ...init,
    headers,
  });
}
