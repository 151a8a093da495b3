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
export { CsvEncoder, type CsvColumn } from "./csv/csv-encoder.ts";
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
export { DayValue, DecimalValue, InstantValue } from "./csv/value.ts";
export {
  generateBatch,
  generatedExportNames,
  generatedSource,
  generatorVersion,
  isGeneratedExportName,
  type GeneratedExportName,
  type GeneratedOptions,
} from "./source/generated-source.ts";
export type { ColumnDescription, ReadOptions, Source } from "./source/source.ts";
export type { ExportStats, ServerStats, WorkerNumbers, WorkerStats } from "./metrics/server-stats.ts";
