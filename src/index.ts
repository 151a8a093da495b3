export {
  BadHeaderError,
  NotWritableError,
  StreamCsvError,
  type FaultCode,
  type FaultDetails,
} from "./errors.ts";
export {
  formatBytes,
  formatCount,
  formatSeconds,
  parseByteSize,
  parseCount,
  parseDuration,
} from "./units.ts";
export { systemClock, type Clock } from "./clock.ts";
export type * from "./csv/batch.ts";
export { CsvEncoder, encoderNames, type CsvColumn, type EncoderName } from "./csv/csv-encoder.ts";
export {
  contentTypeOf,
  dialects,
  fileEndingOf,
  type Dialect,
  type DialectName,
  type DialectOptions,
  type Formulas,
  type NonFinite,
  type Quoting,
} from "./csv/dialect.ts";
export {
  dialectOptionNames,
  dialectTextOptions,
  parseDialectOption,
  type DialectTextOption,
} from "./csv/dialect-text.ts";
export { isDialectName, resolveDialect, type NamedDialectOptions } from "./csv/resolve-dialect.ts";
export { toStringifyOptions, type StringifyContext } from "./csv/stringify-options.ts";
export {
  ArrayValue,
  DayValue,
  DecimalValue,
  InstantValue,
  IntervalValue,
  JsonTextValue,
  NumberTextValue,
  SingleValue,
} from "./csv/value.ts";
export {
  generateBatch,
  generatedExportNames,
  generatedSource,
  generatorVersion,
  isGeneratedExportName,
  type GeneratedExportName,
  type GeneratedOptions,
} from "./source/synthetic/generated-source.ts";
export { fileEncodings, type FileEncoding, type FileOptions } from "./source/file-options.ts";
export { optionsTakenBy } from "./source/check-file-options.ts";
export { openSource, openSources, type OpenOptions } from "./source/open-source.ts";
export { parseFileOptions, type FileOptionTexts } from "./source/parse-file-options.ts";
export type { Row, RowProducer, Rows, RowSequence } from "./source/rows.ts";
export type { ColumnOption } from "./source/row-columns.ts";
export { rowsSource, type RowsOptions } from "./source/rows-source.ts";
export type { ColumnDescription, ReadOptions, Source } from "./source/source.ts";
export { EventLoopMeter } from "./server/metrics/event-loop-meter.ts";
export { Occupancy } from "./admission/occupancy.ts";
export type {
  Distribution,
  ExportStats,
  ServerStats,
  WorkerNumbers,
  WorkerStats,
} from "./server/metrics/server-stats.ts";

export type { CodingName } from "./compression/coding.ts";
export { fromWebResponse, type WebResponseLike } from "./response/adapter/from-web-response.ts";
export { toWebResponse, type WebRequestHead } from "./response/adapter/to-web-response.ts";
export type { AnyResponse } from "./response/any-response.ts";
export { FileResponse, type FileResponseOptions, type OpenFileOptions } from "./response/file-response.ts";
export type { CookieOptions, DeleteCookieOptions } from "./response/head/cookie.ts";
export { type HeadersInput, ResponseHeaders } from "./response/head/response-headers.ts";
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
export type { ResponseTransform } from "./response/transform/transform.ts";
export type { Chunk } from "./body/chunk.ts";
export type { BodyProducer, ChunkSource, ProducerContext, StreamingBody } from "./body/chunk-reader.ts";
export type { ProgressLimits } from "./async/progress-watch.ts";
export { deliveries, isDelivery, type Delivery } from "./export/delivery.ts";
export {
  openCatalog,
  type Catalog,
  type CatalogOptions,
  type FileFault,
  type ListedExport,
} from "./export/catalog.ts";
export { openExport, type ExportDefinition, type ServedFile } from "./export/definition.ts";
export {
  exportParameters,
  readExportParameters,
  type ExportParameter,
  type DefaultDialect,
  type ExportParameters,
} from "./export/parameters.ts";
export { planExport, type ExportPlan } from "./export/plan.ts";
export { runExport, type ExportRun } from "./export/run.ts";
export type { ExportProgress } from "./body/encode-batches.ts";
export { defaultHttpSettings, type HttpSettings } from "./server/shared/http-settings.ts";
export type { RunningServer } from "./server/primary/primary.ts";
export { startServer } from "./server/start-server.ts";
export { csvChunks, type CsvChunksOptions } from "./csv-chunks.ts";
export type { CsvOptions } from "./csv-options.ts";
export { checkSetting } from "./server/shared/check-settings.ts";
export {
  defaultSettings,
  http10Ways,
  workerModels,
  type Http10,
  type ServerSettings,
  type WorkerModel,
} from "./server/shared/settings.ts";
export { csvResponse, type CsvResponseOptions } from "./csv-response.ts";
