import { contentTypeOf } from "./csv/dialect.ts";
import { checkOptionNames, pickOptions, requireText } from "./check-arguments.ts";
import { wrongRange } from "./errors.ts";
import { formatDisposition } from "./response/head/disposition.ts";
import { ResponseHeaders } from "./response/head/response-headers.ts";
import {
  StreamingHttpResponse,
  type StreamingResponseOptions,
  streamingOptionNames,
} from "./response/streaming-http-response.ts";
import type { Rows } from "./source/rows.ts";
import { describeValue } from "./body/chunk.ts";
import { openChunks } from "./csv-chunks.ts";
import { csvOptionNames, dialectOf, type CsvOptions } from "./csv-options.ts";

/** How rows become a response, in one flat object: {@link CsvOptions}, a file name, and the response's own options. */
export interface CsvResponseOptions extends CsvOptions, StreamingResponseOptions {
  /** The name under which the client saves the file. Without a name, browsers show the text. */
  readonly filename?: string;
  /** The text is always UTF-8. */
  readonly charset?: "utf-8";
}

const optionNames = [...csvOptionNames, "filename", ...streamingOptionNames];

/**
 * A streaming response of rows as CSV: the one-liner for an export endpoint.
 *
 * It sets the dialect's Content-Type, `Cache-Control: private, no-store` unless given, `X-Accel-Buffering: no`, and with
 * `filename` a Content-Disposition (RFC 6266). The rows are read while they are sent, as `csvChunks` reads them. `close()`
 * releases them exactly once, whether they were read or not. `send()` and `toWebResponse()` call it, also after HEAD, a 304
 * or a 412, and at once when the client disconnects.
 * @param rows - arrays or objects, or something that yields them; the response owns them afterwards
 * @param options - columns, dialect, file name, and the options of a streaming response
 * @throws RangeError `SCSV_ARG_RANGE` and TypeError `SCSV_ARG_TYPE` for invalid rows or options, BadHeaderError
 *   `SCSV_BAD_HEADER` for a header that HTTP doesn't allow; the rows are then not touched
 * @example
 * ```js
 * import { csvResponse, HttpResponse } from "stream-csv";
 *
 * const response = csvResponse([{ id: 1, name: "Ann" }], { dialect: "unix", filename: "people.csv" });
 * console.log(response.headers.get("Content-Disposition"));
 * console.log((await HttpResponse.from(response.streamingContent)).text.trim());
 * ```
 *
 * ```text
 * attachment; filename="people.csv"
 * id,name
 * 1,Ann
 * ```
 */
export function csvResponse(rows: Rows, options: CsvResponseOptions = {}): StreamingHttpResponse {
  checkOptionNames("csvResponse()", options, optionNames);
  const { filename, charset } = options;
  if (filename !== undefined) requireText("filename", filename);
  if (charset !== undefined) requireText("charset", charset);
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw wrongRange(`charset must be "utf-8", not ${describeValue(charset)}: CSV is written in UTF-8.`);
  const headers = new ResponseHeaders(options.headers);
  if (options.contentType === undefined)
    headers.setDefault("Content-Type", contentTypeOf(dialectOf(options)));
  headers.setDefault("Cache-Control", "private, no-store");
  headers.setDefault("X-Accel-Buffering", "no");
  const disposition = formatDisposition(filename, true);
  if (filename !== undefined && disposition !== undefined) headers.set("Content-Disposition", disposition);
  // The body comes last, so that the rows stay the caller's if anything else is refused.
  const response = new StreamingHttpResponse([], {
    ...pickOptions(options, streamingOptionNames),
    headers,
  });
  response.streamingContent = openChunks(rows, options);
  return response;
}
