import type { Clock } from "../clock.ts";
import { isCodedError, StreamCsvError } from "../errors.ts";
import type { DatabaseSettings } from "../source/postgres/database-settings.ts";
import { openPostgres, type PostgresQueries } from "./postgres-queries.ts";
import type { ServedDatabase } from "./served-source.ts";

/** Connections of one database in this process. */
export interface DatabaseUsage {
  readonly name: string;
  /** Connections at the most. */
  readonly connections: number;
  readonly busyConnections: number;
  /** Readings that wait for a connection. */
  readonly waiting: number;
  /** Seconds for which connections were held by readings, all together. */
  readonly heldSeconds: number;
  /** Seconds for which readings waited for a connection, all together. */
  readonly waitSeconds: number;
}

/** A database that is being opened, or open. */
interface Entry {
  readonly url: string;
  readonly opening: Promise<PostgresQueries>;
  opened?: PostgresQueries;
}

/** The databases of the configured exports, each opened once in a process, when it is first needed. */
export class Databases {
  readonly #clock: Clock;
  readonly #queueTimeoutMs: number | undefined;
  readonly #entries = new Map<string, Entry>();

  /** @param queueTimeoutMs how long readings wait for a connection where the database doesn't say */
  constructor(clock: Clock, queueTimeoutMs?: number) {
    this.#clock = clock;
    this.#queueTimeoutMs = queueTimeoutMs;
  }

  /**
   * The database of that name.
   * @throws StreamCsvError `SCSV_BAD_SETTING` when two databases have one name, and for a URL that can't be; what opening it throws
   */
  async get({ name, ...settings }: ServedDatabase): Promise<PostgresQueries> {
    const known = this.#entries.get(name);
    if (known !== undefined && known.url !== settings.url)
      throw new StreamCsvError(
        "SCSV_BAD_SETTING",
        `Two databases are named ${JSON.stringify(name)}. Give one of them another name.`,
      );
    const entry = known ?? this.#begin(name, settings);
    try {
      entry.opened = await entry.opening;
      return entry.opened;
    } catch (error) {
      // What kept it from opening may pass.
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      throw isCodedError(error) && error.code === "SCSV_ARG_RANGE" ? badUrl(name, error) : error;
    }
  }

  /** What is used of each database that was opened. */
  get usage(): readonly DatabaseUsage[] {
    return [...this.#entries].flatMap(([name, { opened }]) =>
      opened === undefined ? [] : [{ name, ...opened.usage }],
    );
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const openings = await Promise.allSettled(Array.from(this.#entries.values(), ({ opening }) => opening));
    await Promise.all(
      openings.flatMap((opening) => (opening.status === "fulfilled" ? [opening.value.close()] : [])),
    );
  }

  #begin(name: string, settings: DatabaseSettings): Entry {
    const limits = this.#queueTimeoutMs === undefined ? {} : { queueTimeoutMs: this.#queueTimeoutMs };
    const entry = { url: settings.url, opening: openPostgres({ ...limits, ...settings }, this.#clock) };
    this.#entries.set(name, entry);
    return entry;
  }
}

/** The message doesn't quote the URL, which may hold a password. */
function badUrl(name: string, { message }: Error): StreamCsvError {
  return new StreamCsvError(
    "SCSV_BAD_SETTING",
    `The database ${JSON.stringify(name)} can't be used. ${message}`,
  );
}
