import { rm } from "node:fs/promises";
import type { WorkerModel } from "../../src/server.ts";
import { startServerProcess, type ServerProcess } from "./process/server-process.ts";
import type { ExportRequest, RunningTarget, Target } from "./target.ts";
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
  } = options;
  const flags = {
    "--port": 0,
    "--workers": workers,
    // Older versions know only one model, and have no such flag.
    ...(workerModel === "sync" ? { "--worker-model": workerModel } : { "--slots": slots }),
    "--buffer-memory": bufferMemoryBytes,
    "--log-level": "warn",
  };
  const command = [...cli, "serve", ...Object.entries(flags).flat().map(String)] as const;
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
        return { ...running(server), stop: () => server.stop().then(removeSpool) };
      } catch (fault) {
        await removeSpool();
        throw fault;
      }
    },
  };
}

function running(server: ServerProcess): RunningTarget {
  return {
    ...server,
    exportUrl: (exportName, request) => exportUrl(server.origin, exportName, request),
    pingUrl: new URL("/ping", server.origin),
    statsUrl: new URL("/stats", server.origin),
  };
}

function exportUrl(origin: string, exportName: string, { delivery, rows }: ExportRequest): URL {
  const url = new URL(`/exports/${encodeURIComponent(exportName)}.csv`, origin);
  if (delivery !== null) url.searchParams.set("delivery", delivery);
  url.searchParams.set("rows", String(rows));
  return url;
}
