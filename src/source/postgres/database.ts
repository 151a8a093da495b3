import type * as Pg from "pg";
import { ExportSlots } from "../../admission/export-slots.ts";
import { Occupancy } from "../../admission/occupancy.ts";
import type { Slot } from "../../admission/slots.ts";
import type { Clock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import { neverRejects } from "../../never-rejects.ts";
import type { ConnectionTime } from "../source.ts";
import { cancelQuery, type SessionKey } from "./cancel-query.ts";
import { parseConnectionUrl, type ConnectionTarget } from "./connection-url.ts";
import type { DatabaseSettings } from "./database-settings.ts";
import { connectionFault } from "./database-fault.ts";

/** Loads pg. */
export type PostgresImporter = () => Promise<typeof Pg>;

/** A connection that one reading has to itself. */
export interface DatabaseSession {
  readonly client: Pg.PoolClient;
  /** Gives the connection back for others to use; only after a clean end. */
  release(): void;
  /** How long it was waited for and held; held is 0 until it is given back. */
  readonly time: ConnectionTime;
  /** Cancels what it does, in the database too, and closes it. Does nothing after either was called. */
  cancel(): void;
}

/** What every connection of a server has in common. */
export interface ServerFacts {
  /** As 150004 for 15.4. */
  readonly version: number;
}

const connectTimeoutMs = 10_000;
const usualConnections = 4;

/** The connections of this process to one database: so many at most, and a bounded line for them. */
export class PostgresDatabase {
  readonly #pg: typeof Pg;
  readonly #target: ConnectionTarget;
  readonly #pool: Pg.Pool;
  readonly #places: ExportSlots;
  readonly #busy: Occupancy;
  /** Requests to cancel that are under way. */
  readonly #cancelling = new Set<Promise<void>>();
  readonly statementTimeoutMs: number;
  readonly role: string | undefined;
  #facts: Promise<ServerFacts> | undefined;

  private constructor(pg: typeof Pg, settings: DatabaseSettings, clock: Clock) {
    const { connections = usualConnections, queue = 64, queueTimeoutMs = 30_000 } = settings;
    const target = parseConnectionUrl(settings.url);
    this.#pg = pg;
    this.#target = target;
    this.statementTimeoutMs = settings.statementTimeoutMs ?? 0;
    this.role = settings.role;
    this.#pool = new pg.Pool({
      ...target,
      // A function, for pg takes an empty password for none and looks for one elsewhere.
      password: () => target.password,
      max: connections,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: "stream-csv",
      // A process that has nothing else to do may end.
      allowExitOnIdle: true,
    });
    // A connection that breaks while nobody uses it is replaced with the next reading.
    this.#pool.on("error", () => undefined);
    this.#busy = new Occupancy(clock);
    const limits = { slots: connections, what: "connections to the database", queue, queueTimeoutMs };
    this.#places = new ExportSlots(limits, this.#busy, clock);
  }

  /**
   * Loads pg; connects with the first reading only.
   * @throws StreamCsvError `SCSV_POSTGRES_MISSING`; RangeError `SCSV_ARG_RANGE` for a URL that can't be
   */
  static async open(
    settings: DatabaseSettings,
    clock: Clock,
    importer: PostgresImporter = async () => (await import("pg")).default as unknown as typeof Pg,
  ): Promise<PostgresDatabase> {
    let pg: typeof Pg;
    try {
      pg = await importer();
    } catch (cause) {
      throw new StreamCsvError(
        "SCSV_POSTGRES_MISSING",
        'Reading from PostgreSQL needs the package "pg", which can\'t be loaded.',
        { cause },
      );
    }
    return new PostgresDatabase(pg, settings, clock);
  }

  /** Connections in use, and what readings waited for them. */
  get usage(): {
    readonly connections: number;
    readonly busyConnections: number;
    readonly waiting: number;
    readonly heldSeconds: number;
    readonly waitSeconds: number;
  } {
    return {
      connections: this.#places.limit,
      busyConnections: this.#busy.busy,
      waiting: this.#places.queued,
      heldSeconds: this.#busy.heldSeconds,
      waitSeconds: this.#places.queueWaitSeconds,
    };
  }

  /**
   * A connection to oneself, until it is released or cancelled.
   * @throws StreamCsvError `SCSV_BUSY` when none comes free in time, `SCSV_DATABASE_UNAVAILABLE` or `SCSV_DATABASE_REFUSED` when it
   *   can't be made; the signal's reason when aborted
   */
  async connect(signal: AbortSignal): Promise<DatabaseSession> {
    const place = await this.#places.acquire(signal);
    let client: Pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      place.release();
      throw connectionFault(error);
    }
    const session = this.#session(client, place);
    if (signal.aborted) {
      session.release();
      signal.throwIfAborted();
    }
    return session;
  }

  /** What is known of the server, asked once. */
  async facts(client: Pg.PoolClient): Promise<ServerFacts> {
    this.#facts ??= readFacts(client);
    try {
      return await this.#facts;
    } catch (error) {
      this.#facts = undefined;
      throw error;
    }
  }

  /** Ends every connection that isn't in use, and the others when they are given back. */
  async close(): Promise<void> {
    this.#places.close(new StreamCsvError("SCSV_DRAINING", "The server is shutting down."));
    await Promise.all([this.#pool.end(), ...this.#cancelling]);
  }

  #session(client: Pg.PoolClient, place: Slot): DatabaseSession {
    // What cuts the connection fails the reading; pg says it a second time, and would end the process.
    client.on("error", ignored);
    let isOver = false;
    let heldSeconds = 0;
    const end = (how: () => void): void => {
      if (isOver) return;
      isOver = true;
      how();
      heldSeconds = place.release();
    };
    return {
      client,
      get time() {
        return { waitSeconds: place.queueWaitSeconds, heldSeconds };
      },
      release: () =>
        end(() => {
          client.off("error", ignored);
          client.release();
        }),
      cancel: () =>
        end(() => {
          const done = cancelQuery(this.#pg, this.#target, client as unknown as SessionKey);
          this.#cancelling.add(done);
          neverRejects(done.finally(() => this.#cancelling.delete(done)));
          socketOf(client).destroy();
          client.release(true);
        }),
    };
  }
}

/** A server that sends bytes of an unknown encoding can't be written as UTF-8. */
async function readFacts(client: Pg.PoolClient): Promise<ServerFacts> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    "SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding",
  );
  const { version = "0", encoding = "" } = rows[0] ?? {};
  if (encoding === "SQL_ASCII")
    throw new StreamCsvError(
      "SCSV_QUERY_FAILED",
      "The database has the encoding SQL_ASCII, which doesn't say what its bytes mean, so they can't be written as UTF-8.",
      { hint: "Make a copy of the database with the encoding UTF8." },
    );
  return { version: Number(version) };
}

/** A fault that is told elsewhere already. */
function ignored(): void {}

function socketOf(client: Pg.PoolClient): Pg.Connection["stream"] {
  return (client as unknown as { readonly connection: Pg.Connection }).connection.stream;
}
