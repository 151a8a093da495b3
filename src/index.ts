export {
  BadHeaderError,
  NotWritableError,
  StreamCsvError,
  type FaultCode,
  type FaultDetails,
} from "./errors.ts";
export type { Clock } from "./clock.ts";
export type * from "./csv/batch.ts";
export type { ChunkMemory } from "./csv/chunk-memory.ts";
export { CsvEncoder, type CsvColumn } from "./csv/csv-encoder.ts";
export type { EncoderName } from "./csv/encoder-name.ts";
export {
  dialects,
  type Dialect,
  type DialectName,
  type DialectOptions,
  type Formulas,
  type NonFinite,
  type Quoting,
  type TextNumbers,
  type Timestamps,
} from "./csv/dialect.ts";
export type { NamedDialectOptions } from "./csv/resolve-dialect.ts";
export type { DuckDBImporter, FileEncoding, FileOptions } from "./source/file-options.ts";
export { openSource, type OpenOptions } from "./source/open-source.ts";
export type { Row, RowProducer, Rows, RowSequence } from "./source/rows.ts";
export type { ColumnOption } from "./source/row-columns.ts";
export { rowsSource, type RowsOptions } from "./source/rows-source.ts";
export type { ColumnDescription, ConnectionTime, ReadOptions, Source } from "./source/source.ts";
export type { CodingName } from "./compression/coding.ts";
export { fromWebResponse, type WebResponseLike } from "./response/adapter/from-web-response.ts";
export { toWebResponse, type WebRequestHead } from "./response/adapter/to-web-response.ts";
export type { AnyResponse } from "./response/any-response.ts";
export { FileResponse, type FileResponseOptions, type OpenFileOptions } from "./response/file-response.ts";
export type { CookieOptions, DeleteCookieOptions } from "./response/head/cookie.ts";
export type { HeadersInput, ResponseHeaders } from "./response/head/response-headers.ts";
export type { RequestHead } from "./response/head/request-head.ts";
export { type Content, HttpResponse } from "./response/http-response.ts";
export { type Closer, HttpResponseBase, type ResponseOptions } from "./response/http-response-base.ts";
export { send } from "./response/send.ts";
export type { SendOptions, SendOutcome } from "./response/send-options.ts";
export type { ResponseTrailers } from "./response/head/trailers.ts";
export { StreamingHttpResponse, type StreamingResponseOptions } from "./response/streaming-http-response.ts";
export { compress, type CompressOptions } from "./response/transform/compress.ts";
export { conditionalGet, type ConditionalGetOptions } from "./response/transform/conditional-get.ts";
export { contentLength } from "./response/transform/content-length.ts";
export type { ResponseTransform } from "./response/transform/response-transform.ts";
export type { Chunk } from "./body/chunk.ts";
export type { BodyProducer, ChunkSource, ProducerContext, StreamingBody } from "./body/chunk-reader.ts";
export type { ProgressLimits } from "./async/progress-watch.ts";
export { csvChunks, type CsvChunksOptions } from "./csv-chunks.ts";
export type { CsvOptions } from "./csv-options.ts";
export { csvResponse, type CsvResponseOptions } from "./csv-response.ts";
