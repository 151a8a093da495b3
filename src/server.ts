export { startServer } from "./server/start-server.ts";
export {
  defineConfig,
  type Configuration,
  type DatabaseConfiguration,
  type ExportConfiguration,
  type FlagValue,
  type JobConfiguration,
} from "./server/shared/configuration.ts";
export type { Delivery } from "./export/delivery.ts";
export type { DatabaseSettings } from "./source/postgres/database-settings.ts";
export type { RowsFunction, RowsRequest } from "./export/rows-export.ts";
export type { ProgramValue, ProgramValues } from "./export/program-values.ts";
export type { GivenValue, ParameterOptions } from "./export/declared-parameter.ts";
export type { ParameterType } from "./export/parameter-type.ts";
export type { RunningServer } from "./server/shared/running-server.ts";
export type {
  Http10,
  ServerOptions,
  ServerSettings,
  TlsFiles,
  WorkerModel,
} from "./server/shared/settings.ts";
export type {
  AuthSettings,
  BoundValue,
  JwtSettings,
  LinkKey,
  LinkSettings,
  TokenSettings,
} from "./server/access/access-settings.ts";
export type { JobSettings } from "./job/job-settings.ts";
export type { HttpSettings } from "./server/shared/http-settings.ts";
export type { LogSettings } from "./server/shared/log-settings.ts";
export type {
  ServedDatabase,
  ServedFile,
  ServedOptions,
  ServedQuery,
  ServedRows,
  ServedSqlite,
  ServedSource,
} from "./export/served-source.ts";
export type { DefaultDialect } from "./export/parameters.ts";
