// What bench, bin and dev need beyond the public entries and ground.ts. package.json doesn't export this file, so it can
// change at any time.

export { dialectOptionNames } from "./csv/dialect-text.ts";
export { resolveDialect } from "./csv/resolve-dialect.ts";
export {
  generatedExportNames,
  generatedSource,
  isGeneratedExportName,
  type GeneratedExportName,
} from "./source/synthetic/generated-source.ts";
export { parseConnectionUrl, withFilesIn } from "./source/postgres/connection-url.ts";
export { guardInput } from "./source/postgres/guard-input.ts";
export { WriteBehind } from "./async/write-behind.ts";
export { EventLoopMeter } from "./server/metrics/event-loop-meter.ts";
export { Occupancy } from "./admission/occupancy.ts";
export type { ServerStats } from "./server/metrics/server-stats.ts";
export { openCatalog } from "./export/catalog.ts";
export { textsOfItems } from "./export/declared-parameter.ts";
export { parameterTypes } from "./export/parameter-type.ts";
export { openExport, type ExportDefinition } from "./export/definition.ts";
export { defaultDialect, exportParameters, readExportParameters } from "./export/parameters.ts";
export { planExport, type ExportPlan } from "./export/plan.ts";
export { runExport } from "./export/run.ts";
export type { ExportProgress } from "./body/encode-batches.ts";
export { linksSchema, tokensSchema } from "./server/access/access-schema.ts";
export { authSchema } from "./server/access/auth-schema.ts";
export { signLink } from "./server/access/signed-link.ts";
export { digestOf } from "./server/access/token-book.ts";
export { startWork, type RunningWork } from "./server/start-work.ts";
