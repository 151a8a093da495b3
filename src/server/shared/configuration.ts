import type { Delivery } from "../../export/delivery.ts";
import type { ParameterOptions } from "../../export/declared-parameter.ts";
import type { RowsFunction } from "../../export/rows-export.ts";
import type { FileEncoding } from "../../source/file-options.ts";
import type { ColumnOption } from "../../source/row-columns.ts";
import type { AuthSettings, LinkSettings, TokenSettings } from "../access/access-settings.ts";

/** A value of a flag in a configuration: as on the command line, or a number, true or false where it is one. */
export type FlagValue = string | number | boolean | readonly (string | number)[] | object;

/**
 * The configuration of `serve`, `work`, `export`, `check`, `link` and `bench`, in a file or a module. Durations are texts such as `30s`, sizes such
 * as `64k`. A text `env:NAME` stands for the value of an environment variable.
 */
export interface Configuration {
  /** The address of the schema, for editors. */
  readonly $schema?: string;
  /** The flags of `serve` by their names in camelCase; also `csv` and `http`. */
  readonly server?: Readonly<Record<string, FlagValue>>;
  readonly databases?: Readonly<Record<string, DatabaseConfiguration>>;
  readonly exports?: Readonly<Record<string, ExportConfiguration>>;
  /** Who may ask for what. Without them, `links` and `auth`, everyone may. */
  readonly tokens?: readonly TokenSettings[];
  /** The keys of signed links; secrets are best as `env:NAME`. */
  readonly links?: LinkSettings;
  /** Whose JWTs are tokens too. */
  readonly auth?: AuthSettings;
  /** Where jobs run, and where their results are. */
  readonly jobs?: JobConfiguration;
  /** The flags of `bench` by their names in camelCase; also `parameters`. */
  readonly bench?: Readonly<Record<string, FlagValue>>;
}

/** Where jobs run, and where their results are. */
export interface JobConfiguration {
  /**
   * `local`: processes of the server; or `redis://HOST:6379`, best as `env:NAME`: any server and any `stream-csv work`.
   * @default local
   */
  readonly engine?: string;
  /** `folder`: that of prepared files; or `s3://BUCKET/PREFIX`. @default folder */
  readonly store?: string;
  /** How long results stay. @default 24h */
  readonly keep?: string;
  /** Jobs that one server runs at the same time. @default 2 */
  readonly concurrency?: number;
  /** Jobs that may wait. @default 1000 */
  readonly queue?: number;
  /** The address of a service compatible with S3. @default that of AWS */
  readonly endpoint?: string;
  /** Whether addresses have the bucket in their path. @default false */
  readonly forcePathStyle?: boolean;
  /** The region of S3. @default as the environment says */
  readonly region?: string;
}

/** A database of PostgreSQL. */
export interface DatabaseConfiguration {
  /** `postgres://USER:PASSWORD@HOST:5432/DATABASE`, best as `env:NAME`. */
  readonly url: string;
  /** Connections of each worker at the most. @default 4 */
  readonly connections?: number;
  /** Longest time of a query, in which a client that reads slowly counts. @default none */
  readonly statementTimeout?: string;
  /** The role that each transaction takes. */
  readonly role?: string;
}

/** An export: of one file, of one query, or of rows that a program makes. */
export interface ExportConfiguration {
  /** A file; a relative path is relative to the configuration. */
  readonly file?: string;
  /** The name of one of `databases`. */
  readonly database?: string;
  /** One query; `:name` is the value of a parameter, which is bound and never put into the text. */
  readonly sql?: string;
  /** A file with the query. */
  readonly sqlFile?: string;
  /** Makes the rows, in each process by itself; only in a module. */
  readonly rows?: RowsFunction;
  readonly description?: string;
  /** The columns, where rows of a program don't tell them. */
  readonly columns?: readonly ColumnOption[];
  readonly parameters?: Readonly<Record<string, ParameterOptions>>;
  /** The deliveries that requests may ask for. @default all */
  readonly deliveries?: readonly Delivery[];
  /** How long equal requests may get the same rows, such as `60s`. */
  readonly freshness?: string;
  /** A cheap query whose first row changes whenever the rows may have changed. */
  readonly version?: string;
  /** Settings of the transaction, such as those that row security reads; a value `:name` is that of a parameter. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly delimiter?: string;
  readonly quote?: string;
  readonly header?: boolean;
  readonly encoding?: FileEncoding;
  readonly nullValue?: string;
  readonly skipRows?: number;
}

/**
 * Returns a configuration unchanged, so that editors know its types: the default export of `stream-csv.config.js`.
 * @param configuration - checked when a command reads it
 * @example
 * ```js
 * import { defineConfig } from "stream-csv/server";
 *
 * const configuration = defineConfig({
 *   exports: {
 *     squares: {
 *       parameters: { upTo: { type: "integer", default: 3 } },
 *       rows: ({ parameters }) =>
 *         Array.from({ length: parameters.upTo }, (_, n) => ({ n, square: n * n })),
 *     },
 *   },
 * });
 * console.log(Object.keys(configuration.exports).join());
 * ```
 *
 * ```text
 * squares
 * ```
 */
export function defineConfig(configuration: Configuration): Configuration {
  return configuration;
}
