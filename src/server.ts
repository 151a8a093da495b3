export { startServer } from "./server/start-server.ts";
export type { RunningServer } from "./server/shared/running-server.ts";
export type {
  Http10,
  ServerOptions,
  ServerSettings,
  TlsFiles,
  WorkerModel,
} from "./server/shared/settings.ts";
export type { BoundValue, LinkKey, LinkSettings, TokenSettings } from "./server/access/access-schema.ts";
export type { HttpSettings } from "./server/shared/http-settings.ts";
export type { LogSettings } from "./server/shared/log-settings.ts";
export type { ServedFile } from "./export/definition.ts";
export type { DefaultDialect } from "./export/parameters.ts";
