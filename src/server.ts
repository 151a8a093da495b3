export { startServer } from "./server/start-server.ts";
export type { RunningServer } from "./server/running-server.ts";
export type { Http10, ServerOptions, ServerSettings, WorkerModel } from "./server/settings.ts";
export type { HttpSettings } from "./server/http-settings.ts";
export type { LogSettings } from "./server/log-settings.ts";
export type { ServedFile } from "./export/definition.ts";
export type { DefaultDialect } from "./export/parameters.ts";
