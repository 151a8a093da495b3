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
export type { ColumnDescription, ReadOptions, Source } from "./source/source.ts";
export type { ExportStats, ServerStats, WorkerNumbers, WorkerStats } from "./metrics/server-stats.ts";
