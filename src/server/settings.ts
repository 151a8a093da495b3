import type { EncoderName } from "../csv/csv-encoder.ts";
import type { ServedFile } from "../export/definition.ts";
import { defaultDialect, type DefaultDialect } from "../export/parameters.ts";
import { defaultHttpSettings, type HttpSettings } from "./http-settings.ts";
import type { LogSettings } from "./log-settings.ts";

/** `async` workers take many connections each, `sync` workers one at a time, as a classic pre-fork server does. */
export type WorkerModel = "async" | "sync";

/** The kinds of worker there are. */
export const workerModels: readonly WorkerModel[] = ["async", "sync"];

/** How HTTP/1.0 gets a stream, whose end it can't tell from a cut. */
export type Http10 = "stream" | "length";

/** The ways there are. */
export const http10Ways: readonly Http10[] = ["stream", "length"];

/** How a server runs. Sizes are in bytes, times in milliseconds. */
export interface ServerSettings {
  /** Files to serve, by their paths, or with a name and options. */
  readonly sources: readonly (string | ServedFile)[];
  /** Whether the generated exports are served; null: where no file is. */
  readonly generated: boolean | null;
  /** Whether the server starts although a file can't be read; that file's exports fail until it can be. */
  readonly skipUnreadable: boolean;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly workers: number;
  readonly workerModel: WorkerModel;
  /** Exports that one async worker runs at once; a sync worker has one slot, whatever is said here. */
  readonly slots: number;
  /** For each worker: exports that may wait for a slot (async), or connections that may wait for a worker (sync). */
  readonly queue: number;
  readonly queueTimeoutMs: number;
  /** Memory of all buffered bodies together. */
  readonly bufferMemoryBytes: number;
  /** Folder of prepared files; null for one of the server's own, removed when it stops. */
  readonly spoolDirectory: string | null;
  readonly spoolBytes: number;
  /** Bytes a second below which a client is cut, judged over 60 s; 0 switches off every time-out on a body being sent. */
  readonly minRateBytesPerSecond: number;
  /** How long transfers may go on after the server was told to stop. */
  readonly drainTimeoutMs: number;
  /** Connections that may be open at once; null computes it from the descriptors there are. More get a 503. */
  readonly maxConnections: number | null;
  /** How long a worker may take to show that it is alive; one that hangs for longer is killed and replaced. No flag. */
  readonly hangTimeoutMs: number;
  /** How HTTP/1.0 gets a streamed export: until the connection ends, or with a length, made as `buffered` or `file` is. */
  readonly http10: Http10;
  /** How long the server goes on accepting after `/readyz` began to fail. */
  readonly shutdownDelayMs: number;
  /** What encodes rows where a request doesn't say. */
  readonly encoder: EncoderName;
  /** How rows become text where a request doesn't say. */
  readonly csv: DefaultDialect;
  /** What is put up with from clients; no flags, since they seldom need a change. */
  readonly http: HttpSettings;
  readonly log: LogSettings;
}

/**
 * The settings of a server that a program gives: each is optional, also inside `csv`, `http` and `log`, and those left out are
 * what `stream-csv serve` uses.
 */
export interface ServerOptions extends Partial<Omit<ServerSettings, "csv" | "http" | "log">> {
  /** How rows become text where a request doesn't say. @default the dialect rfc4180 */
  readonly csv?: Partial<DefaultDialect>;
  /** Limits and headers of HTTP. */
  readonly http?: Partial<HttpSettings>;
  /** @default level info, as JSON lines without colour */
  readonly log?: Partial<LogSettings>;
}

/** What `stream-csv serve` uses where nothing else is said. */
export const defaultSettings: ServerSettings = {
  sources: [],
  generated: null,
  skipUnreadable: false,
  host: "127.0.0.1",
  port: 8080,
  workers: 1,
  workerModel: "async",
  slots: 32,
  queue: 64,
  queueTimeoutMs: 30_000,
  bufferMemoryBytes: 256 * 1024 ** 2,
  spoolDirectory: null,
  spoolBytes: 2 * 1024 ** 3,
  minRateBytesPerSecond: 0,
  drainTimeoutMs: 30_000,
  shutdownDelayMs: 0,
  maxConnections: null,
  hangTimeoutMs: 30_000,
  http10: "stream",
  encoder: "fast",
  csv: defaultDialect,
  http: defaultHttpSettings,
  log: { level: "info", format: "json", color: false },
};
