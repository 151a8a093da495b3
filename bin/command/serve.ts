// Longer than most, because every flag is declared, typed and passed on here.

import { Command } from "commander";
import { resolve } from "node:path";
import { helpText } from "../help-text.ts";
import { parseByteSize, parseDuration } from "../../src/ground.ts";
import {
  checkSetting,
  checkSettings,
  defaultSettings,
  encoderNames,
  http10Ways,
  mostWorkers,
  workerModels,
} from "../../src/settings.ts";
import {
  startServer,
  type Http10,
  type RunningServer,
  type ServedSource,
  type ServerOptions,
  type WorkerModel,
} from "../../src/server.ts";
import type { EncoderName } from "../../src/index.ts";
import type { LoadedConfiguration } from "../configuration/load-configuration.ts";
import type { ServeSettings } from "../configuration/serve-settings.ts";
import { choiceOption, countFrom, flagParser, RepeatableOption } from "../option.ts";
import { addFileFlags, readFileFlags, withFileOptions, type FileFlags } from "../file-flags.ts";
import { parseServedFile } from "../parse-served-file.ts";
import { durationOption, sizeOption } from "../limit-option.ts";
import { logFormatOption, logSettings, type LogFlags } from "../log-option.ts";
import { accessOf, watchAccess } from "../watch-access.ts";
import { watchSignals } from "../watch-signals.ts";

interface ServeFlags extends LogFlags, ServeSettings, FileFlags {
  readonly configuration?: LoadedConfiguration;
  readonly generated?: boolean;
  readonly skipUnreadable?: boolean;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly workerModel: WorkerModel;
  readonly slots: number;
  readonly queue: number;
  readonly queueTimeout: number;
  readonly headerTimeout: number;
  readonly bufferMemory: number;
  readonly spoolDir?: string;
  readonly spoolSize: number;
  readonly minRate: number;
  readonly drainTimeout: number;
  readonly shutdownDelay: number;
  readonly maxConnections?: number;
  readonly allowedHosts?: readonly (readonly string[])[];
  readonly adminPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly http10: Http10;
  readonly encoder: EncoderName;
  readonly tracing?: string;
}

const cutTransfersExit = 1;

/** `stream-csv serve`: starts a server and waits until it has stopped. */
export function serveCommand(): Command {
  const size = flagParser(parseByteSize);
  const duration = flagParser(parseDuration);
  const count = countFrom(0);
  const { host, port, workers, slots, queue } = defaultSettings;
  return addFileFlags(new Command("serve"))
    .description("Start a server that streams exports as CSV; prints its URL when ready.")
    .argument("[source...]", "Parquet, CSV, JSON, DuckDB or SQLite files to serve, each as FILE or NAME=FILE")
    .option(
      "--generated",
      "serve the generated exports together with others (default: only where there are no others)",
    )
    .option(
      "--skip-unreadable",
      "start even if a file can't be read; its exports fail until it becomes readable",
    )
    .option("--host <address>", "address to listen on", someText("an address"), host)
    .option("-p, --port <number>", "port to listen on; 0 for any free port", flagParser(parsePort), port)
    .option("--workers <count>", "worker processes, at most 256", countFrom(1, mostWorkers), workers)
    .addOption(
      choiceOption(
        "--worker-model <model>",
        "async: a worker has many connections, and exports take slots; sync: a worker has one connection at a time",
        workerModels,
      ).default(defaultSettings.workerModel),
    )
    .option("--slots <count>", "exports that one async worker runs at once", countFrom(1), slots)
    .option("--queue <count>", "exports (sync: connections) that may wait, for each worker", count, queue)
    .addOption(
      durationOption(
        "--queue-timeout <duration>",
        "longest wait for a slot, or for a sync worker",
        defaultSettings.queueTimeoutMs,
        duration,
      ),
    )
    .addOption(
      durationOption(
        "--header-timeout <duration>",
        "how long a client may take to send the head of a request",
        defaultSettings.http.headTimeoutMs,
        flagParser(parseTimeout),
      ),
    )
    .addOption(
      sizeOption(
        "--buffer-memory <size>",
        "memory of all buffered bodies together",
        defaultSettings.bufferMemoryBytes,
        size,
      ),
    )
    .option(
      "--spool-dir <folder>",
      "folder of prepared files (default: a temporary one, removed at the end)",
      someText("a folder"),
    )
    .addOption(
      sizeOption(
        "--spool-size <size>",
        "disk space of all prepared files together",
        defaultSettings.spoolBytes,
        size,
      ),
    )
    .option(
      "--min-rate <size>",
      "cut clients that take fewer bytes per second than this over 60 s; 0 for never, but queries are cut below 1 KiB/s",
      size,
      0,
    )
    .addOption(
      durationOption(
        "--drain-timeout <duration>",
        "how long transfers may continue after SIGTERM",
        defaultSettings.drainTimeoutMs,
        duration,
      ),
    )
    .addOption(
      durationOption(
        "--shutdown-delay <duration>",
        "how long to keep accepting after /readyz starts to fail",
        defaultSettings.shutdownDelayMs,
        duration,
      ),
    )
    .option(
      "--max-connections <count>",
      "most open connections; more get a 503 (default: from the limit of open files)",
      countFrom(1),
    )
    .addOption(
      new RepeatableOption(
        "--allowed-hosts <hosts>",
        "hosts for which the server answers, separated by commas; * for every host (default on loopback: localhost and loopback addresses; else every host)",
        parseHosts,
      ),
    )
    .option(
      "--admin-port <number>",
      "a loopback port of its own for /stats, /metrics and /transfers; 0 for any free port",
      flagParser(parsePort),
    )
    .option(
      "--tls-cert <file>",
      "chain of certificates in PEM, for HTTPS; read again when it changes",
      someText("a file"),
    )
    .option("--tls-key <file>", "private key of --tls-cert in PEM", someText("a file"))
    .addOption(
      choiceOption(
        "--http10 <how>",
        "how a streamed export is sent to an HTTP/1.0 client: stream ends it by closing the connection, length makes it first and sends its length",
        http10Ways,
      ).default(defaultSettings.http10),
    )
    .addOption(
      choiceOption(
        "--encoder <name>",
        "encoder of the rows; both give the same bytes, csv-stringify is many times slower",
        encoderNames,
      ).default(defaultSettings.encoder),
    )
    .addOption(logFormatOption())
    .option(
      "--tracing <module>",
      "a module that starts an OpenTelemetry SDK, imported by each worker (default: an SDK that NODE_OPTIONS started)",
      someText("a module"),
    )
    .action(async (sources: readonly string[], _: unknown, self: Command) => {
      const flags = self.optsWithGlobals<ServeFlags>();
      const conflict = conflictIn(self, flags);
      if (conflict !== undefined) self.error(`error: ${conflict}`);
      const files = withFileOptions(sources.map(parseServedFile), readFileFlags(flags));
      process.exitCode = await serve([...files, ...(flags.configuration?.sources ?? [])], flags);
    })
    .addHelpText("after", moreHelp);
}

const moreHelp = helpText({
  examples: [
    ["stream-csv serve", "the exports of stream-csv.yaml, or generated ones"],
    "stream-csv serve flights.parquet invoices.csv",
    "stream-csv serve --workers 4 --spool-dir /var/cache/exports --spool-size 20GiB sales.duckdb",
    "curl -OJ 'http://127.0.0.1:8080/exports/orders.csv?rows=1000&dialect=excel'",
  ],
  docs: "docs/reference/server.md",
});

/**
 * Checks all flags as a start does, and starts nothing.
 * @throws Error or RangeError that says what can't be used
 */
export function requireUsableFlags(command: Command, sources: readonly ServedSource[]): void {
  const flags = command.optsWithGlobals<ServeFlags>();
  const conflict = conflictIn(command, flags);
  if (conflict !== undefined) throw new Error(conflict);
  checkSettings(serverSettings(sources, flags));
}

/** What is wrong with flags that can't be used together. */
function conflictIn(command: Command, flags: ServeFlags): string | undefined {
  const isChosen = command.getOptionValueSource("slots") !== "default";
  if (flags.workerModel === "sync" && isChosen && flags.slots !== 1) return slotsError(flags.slots);
  if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined)) return tlsError(flags);
  return undefined;
}

function slotsError(slots: number): string {
  return `--slots ${slots} can't be used with --worker-model sync: a sync worker takes one connection at a time, so it has one slot. Leave --slots out and raise --workers, or use --worker-model async.`;
}

function tlsError({ tlsCert }: ServeFlags): string {
  const [given, missing] = tlsCert === undefined ? ["key", "cert"] : ["cert", "key"];
  return `--tls-${given} needs --tls-${missing}: HTTPS takes a certificate and its private key.`;
}

async function serve(sources: readonly ServedSource[], flags: ServeFlags): Promise<number> {
  const watch = watchSignals();
  const settings = serverSettings(sources, flags);
  let server: RunningServer;
  try {
    server = await startServer(settings, watch.starting);
  } catch (error) {
    if (watch.starting.aborted) return watch.killedBy() ?? 0;
    throw error;
  }
  watch.attach(server);
  const { configuration } = flags;
  const endWatch = configuration && watchAccess(configuration, (access) => server.replaceAccess(access));
  process.stdout.write(`listening on ${server.url}\n`);
  const { cutTransfers } = await server.stopped;
  endWatch?.();
  return watch.killedBy() ?? (cutTransfers > 0 ? cutTransfersExit : 0);
}

function serverSettings(sources: readonly ServedSource[], flags: ServeFlags): ServerOptions {
  return {
    configuration: flags.configuration?.file ?? null,
    sources,
    generated: flags.generated ?? null,
    skipUnreadable: flags.skipUnreadable ?? false,
    host: flags.host,
    port: flags.port,
    workers: flags.workers,
    workerModel: flags.workerModel,
    slots: flags.slots,
    queue: flags.queue,
    queueTimeoutMs: flags.queueTimeout,
    bufferMemoryBytes: flags.bufferMemory,
    spoolDirectory: flags.spoolDir ?? null,
    spoolBytes: flags.spoolSize,
    minRateBytesPerSecond: flags.minRate,
    drainTimeoutMs: flags.drainTimeout,
    shutdownDelayMs: flags.shutdownDelay,
    maxConnections: flags.maxConnections ?? null,
    allowedHosts: flags.allowedHosts?.flat() ?? null,
    adminPort: flags.adminPort ?? null,
    ...accessOf(flags.configuration?.configuration ?? {}),
    tls:
      flags.tlsCert === undefined || flags.tlsKey === undefined
        ? null
        : { certFile: flags.tlsCert, keyFile: flags.tlsKey },
    http10: flags.http10,
    encoder: flags.encoder,
    csv: flags.csv ?? defaultSettings.csv,
    jobs: flags.configuration?.jobs ?? {},
    http: { ...defaultSettings.http, ...flags.http, headTimeoutMs: flags.headerTimeout },
    tracing: flags.tracing === undefined ? null : resolve(flags.tracing),
    log: logSettings(flags),
  };
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new RangeError(`"${text}" is not a port. Use 0 to 65535; 0 means any free port.`);
  return Number(text);
}

function someText(what: string): (text: string) => string {
  return flagParser((text) => {
    if (text === "") throw new RangeError(`"" is empty. Name ${what}, or leave the flag out.`);
    return text;
  });
}

function parseHosts(text: string): readonly string[] {
  const hosts = text.split(",").map((host) => host.trim());
  checkSetting("allowedHosts", hosts);
  return hosts;
}

function parseTimeout(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === 0) throw new RangeError(`"${text}" is too short. Use 1ms or more.`);
  return milliseconds;
}
