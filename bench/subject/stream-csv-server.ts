import { rm } from "node:fs/promises";
import type { WorkerModel } from "../../src/server.ts";
import { startServerProcess, type ServerProcess } from "./process/server-process.ts";
import { makeJob } from "./make-job.ts";
import type { ExportRequest, ParameterPair, RunningTarget, Target } from "./target.ts";
import { makeTemporaryFolder } from "./process/make-temporary-folder.ts";

/** How `stream-csv serve` is started for a measurement. */
export interface StreamCsvServerOptions {
  /** @default "stream-csv" */
  readonly name?: string;
  /** Program and arguments that come before `serve`. */
  readonly cli: readonly [string, ...string[]];
  readonly workers: number;
  /** @default "async" */
  readonly workerModel?: WorkerModel;
  /** Of each async worker; a sync worker always has one. */
  readonly slots: number;
  /** Memory for buffered bodies; generous, because their cost should be measured, not refused. */
  readonly bufferMemoryBytes: number;
  /** Files to serve beside the generated exports. */
  readonly sources: readonly string[];
  /** The configuration file, "none", or null to leave it to the server. @default null */
  readonly configuration?: string | null;
  /** Parameters of every request for an export. @default none */
  readonly parameters?: readonly ParameterPair[];
}

/** `stream-csv serve`, each time in a fresh process with an empty spool. */
export function streamCsvServer(options: StreamCsvServerOptions): Target {
  const {
    name = "stream-csv",
    cli,
    workers,
    workerModel = "async",
    slots,
    bufferMemoryBytes,
    sources,
    configuration = null,
    parameters = [],
  } = options;
  const flags = {
    "--port": 0,
    "--workers": workers,
    // Older versions know only one model, and have no such flag.
    ...(workerModel === "sync" ? { "--worker-model": workerModel } : { "--slots": slots }),
    "--buffer-memory": bufferMemoryBytes,
    "--log-level": "warn",
  };
  const configurationFlags =
    configuration === null ? [] : configuration === "none" ? ["--no-config"] : ["--config", configuration];
  const command = [
    ...cli,
    "serve",
    ...Object.entries(flags).flat().map(String),
    ...configurationFlags,
  ] as const;
  return {
    name,
    command: [...command, ...sources].join(" "),
    withSyncWorkers: (count) => streamCsvServer({ ...options, workers: count, workerModel: "sync" }),
    url: null,
    isStreamCsv: true,
    takesRows: true,
    canRunTwice: true,
    async start(signal) {
      const spool = await makeTemporaryFolder("stream-csv-bench-");
      const removeSpool = (): Promise<void> => rm(spool, { recursive: true, force: true });
      try {
        const server = await startServerProcess({
          command: [options.cli[0], ...command.slice(1), "--spool-dir", spool, ...sources],
          readyLine: /^listening on (http:\/\/\S+)$/,
          signal,
        });
        return { ...running(server, parameters), stop: () => server.stop().then(removeSpool) };
      } catch (fault) {
        await removeSpool();
        throw fault;
      }
    },
  };
}

function running(server: ServerProcess, parameters: readonly ParameterPair[]): RunningTarget {
  return {
    ...server,
    exportUrl: (exportName, request) => exportUrl(server.origin, exportName, request, parameters),
    makeJob: (exportName, rows, context) =>
      makeJob(exportUrl(server.origin, exportName, { delivery: null, rows }, parameters), context),
    pingUrl: new URL("/ping", server.origin),
    statsUrl: new URL("/stats", server.origin),
  };
}

function exportUrl(
  origin: string,
  exportName: string,
  { delivery, rows }: ExportRequest,
  parameters: readonly ParameterPair[],
): URL {
  const url = new URL(`/exports/${encodeURIComponent(exportName)}.csv`, origin);
  for (const [name, text] of parameters) url.searchParams.append(name, text);
  if (delivery !== null) url.searchParams.set("delivery", delivery);
  url.searchParams.set("rows", String(rows));
  return url;
}
