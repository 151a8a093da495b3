import type { OpenOptions } from "../source/open-source.ts";
import type { DatabaseSettings } from "../source/postgres/database-settings.ts";
import type { ColumnOption } from "../source/row-columns.ts";
import type { ParameterOptions } from "./declared-parameter.ts";
import type { Delivery } from "./delivery.ts";

/** What is said of any export that is configured. Plain data. */
export interface ServedOptions {
  /** Shown to people. */
  readonly description?: string;
  /** The deliveries that requests may ask for. @default all */
  readonly deliveries?: readonly Delivery[];
}

/** A file whose rows are exported, and how it is read. Plain data. */
export interface ServedFile extends Omit<OpenOptions, "table" | "importer">, ServedOptions {
  readonly path: string;
  /** What its exports are called in place of the file's name without folder and ending. */
  readonly name?: string;
}

/** A database of PostgreSQL, and what its connections are called in numbers and messages. Plain data. */
export interface ServedDatabase extends DatabaseSettings {
  readonly name: string;
}

/** A SQLite file whose queries are exported. Plain data. */
export interface ServedSqlite {
  readonly path: string;
}

/** A query of a database whose rows are exported. Plain data. */
export interface ServedQuery extends ServedOptions {
  readonly name: string;
  readonly database: ServedDatabase | ServedSqlite;
  /** One SELECT, VALUES, TABLE or WITH statement; `:name` is the value of a parameter, which is bound. */
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, ParameterOptions>>;
  /**
   * Settings of the transaction (`SET LOCAL`) of PostgreSQL, such as those that row security reads; a value `:name` is that
   * of a parameter, and empty where it is NULL.
   */
  readonly settings?: Readonly<Record<string, string>>;
  /** A cheap query whose first row changes whenever the export's rows may have changed. It may use the parameters. */
  readonly version?: string;
  /** How long equal requests may get the same rows, in milliseconds. Not together with `version`. */
  readonly freshnessMs?: number;
}

/** Rows of a program: of `exports.NAME.rows` in a configuration module. Plain data. */
export interface ServedRows extends ServedOptions {
  readonly name: string;
  /** The absolute path of the module, which each process imports by itself. */
  readonly module: string;
  /** @default as the first row tells */
  readonly columns?: readonly ColumnOption[];
  readonly parameters?: Readonly<Record<string, ParameterOptions>>;
  /** How long equal requests may get the same rows, in milliseconds. */
  readonly freshnessMs?: number;
}

/** Anything that a server exports, but generated rows. Plain data. */
export type ServedSource = ServedFile | ServedQuery | ServedRows;
