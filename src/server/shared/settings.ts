import type { EncoderName } from "../../csv/encoder-name.ts";
import type { AuthSettings, LinkSettings, TokenSettings } from "../access/access-settings.ts";
import { defaultJobSettings, type JobSettings } from "../../job/job-settings.ts";
import type { ServedSource } from "../../export/served-source.ts";
import { defaultDialect, type DefaultDialect } from "../../export/parameters.ts";
import { defaultHttpSettings, type HttpSettings } from "./http-settings.ts";
import type { LogSettings } from "./log-settings.ts";

/** `async` workers take many connections each, `sync` workers one at a time, as a classic pre-fork server does. */
export type WorkerModel = "async" | "sync";

/** All worker models. */
export const workerModels: readonly WorkerModel[] = ["async", "sync"];

/** How an HTTP/1.0 client gets a stream, whose end it can't distinguish from a cut connection. */
export type Http10 = "stream" | "length";

/** All values of {@link Http10}. */
export const http10Ways: readonly Http10[] = ["stream", "length"];

/** The files of a server's certificates, in PEM. They are read again when they change. */
export interface TlsFiles {
  /** The chain of certificates, the server's own first. */
  readonly certFile: string;
  /** Its private key, without a passphrase. */
  readonly keyFile: string;
}

/** How a server runs. Sizes are in bytes, times in milliseconds. */
export interface ServerSettings {
  /** The file these settings were read from, which the first line of the log names; null if there is none. */
  readonly configuration: string | null;
  /** What is served: files by their paths, or with a name and options; queries; rows of a module. */
  readonly sources: readonly (string | ServedSource)[];
  /** Whether the generated exports are served; null serves them only if there are no sources. */
  readonly generated: boolean | null;
  /** Whether the server starts although a file can't be read. That file's exports fail until it becomes readable. */
  readonly skipUnreadable: boolean;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly workers: number;
  readonly workerModel: WorkerModel;
  /** Exports that one async worker runs at once; a sync worker always has one slot. */
  readonly slots: number;
  /** For each worker: exports that may wait for a slot (async), or connections that may wait for a worker (sync). */
  readonly queue: number;
  readonly queueTimeoutMs: number;
  /** Memory of all buffered bodies together. */
  readonly bufferMemoryBytes: number;
  /** Folder of prepared files; null for a temporary folder, which is removed when the server stops. */
  readonly spoolDirectory: string | null;
  readonly spoolBytes: number;
  /**
   * A client is cut if it takes fewer bytes per second than this over 60 s; 0 turns off all time-outs on a body being
   * sent, but that of queries: a client that reads one is cut below 1 KiB/s in any case.
   */
  readonly minRateBytesPerSecond: number;
  /** How long transfers may continue after the server was asked to stop. */
  readonly drainTimeoutMs: number;
  /** The most open connections; null derives it from the limit of descriptors. More connections get a 503. */
  readonly maxConnections: number | null;
  /** Who may ask for what. Null, together with `links` and `auth` of null, answers everyone. */
  readonly tokens: readonly TokenSettings[] | null;
  /** The keys of signed links; null for none. */
  readonly links: LinkSettings | null;
  /** Whose JWTs are tokens too; null for none. */
  readonly auth: AuthSettings | null;
  /**
   * The hosts for which the server answers, without ports; `*` is every host. Null allows localhost and loopback addresses
   * while the server listens on one, and all hosts otherwise.
   */
  readonly allowedHosts: readonly string[] | null;
  /**
   * A loopback port for numbers, transfers and the live part of the page, which the other port then doesn't have; 0 for any
   * free one, null for none.
   */
  readonly adminPort: number | null;
  /** Null for plain HTTP. */
  readonly tls: TlsFiles | null;
  /** A worker that doesn't answer for this long is killed and replaced. Not exposed as a flag. */
  readonly hangTimeoutMs: number;
  /**
   * How an HTTP/1.0 client gets a streamed export: ended by closing the connection, or with a length, made like
   * `buffered` or `file`.
   */
  readonly http10: Http10;
  /** How long the server goes on accepting after `/readyz` began to fail. */
  readonly shutdownDelayMs: number;
  /** The encoder of a request that names none. */
  readonly encoder: EncoderName;
  /** The dialect of a request that names none. */
  readonly csv: DefaultDialect;
  /** Where jobs run, where their results are, and for how long. */
  readonly jobs: JobSettings;
  /** Limits on client behaviour. Not exposed as flags because they rarely need changing. */
  readonly http: HttpSettings;
  readonly log: LogSettings;
  /**
   * The path of a module that starts an OpenTelemetry SDK in each worker, before its sources are opened. Null makes spans only
   * where an SDK runs in the workers already.
   */
  readonly tracing: string | null;
}

/**
 * The settings of a server that a program gives: each is optional, also inside `csv`, `jobs`, `http` and `log`, and those left out are
 * what `stream-csv serve` uses.
 */
export interface ServerOptions extends Partial<Omit<ServerSettings, "csv" | "jobs" | "http" | "log">> {
  /** How rows become text where a request doesn't say. @default the dialect rfc4180 */
  readonly csv?: Partial<DefaultDialect>;
  /** @default processes of this server, and the folder of prepared files for a day */
  readonly jobs?: Partial<JobSettings>;
  /** Limits and headers of HTTP. */
  readonly http?: Partial<HttpSettings>;
  /** @default level info, as JSON lines without colour */
  readonly log?: Partial<LogSettings>;
}

/** The defaults of `stream-csv serve`. */
export const defaultSettings: ServerSettings = {
  configuration: null,
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
  tokens: null,
  links: null,
  auth: null,
  allowedHosts: null,
  adminPort: null,
  tls: null,
  hangTimeoutMs: 30_000,
  http10: "stream",
  encoder: "fast",
  csv: defaultDialect,
  jobs: defaultJobSettings,
  http: defaultHttpSettings,
  log: { level: "info", format: "json", color: false },
  tracing: null,
};
