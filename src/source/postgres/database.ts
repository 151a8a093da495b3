import type * as Pg from "pg";
import { ExportSlots } from "../../admission/export-slots.ts";
import { Occupancy } from "../../admission/occupancy.ts";
import type { Slot } from "../../admission/slots.ts";
import type { Clock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import { neverRejects } from "../../never-rejects.ts";
import { eitherSignal } from "../../async/either-signal.ts";
import type { ConnectionTime } from "../source.ts";
import { createClient } from "./create-client.ts";
import { cancelSession, type SessionKey } from "./cancel-session.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { parseConnectionUrl, type ConnectionTarget } from "./connection-url.ts";
import type { DatabaseSettings } from "./database-settings.ts";
import { connectionFault } from "./database-fault.ts";
import { readFacts, type ServerFacts } from "./server-facts.ts";

/** Loads pg. */
export type PostgresImporter = () => Promise<typeof Pg>;

/** A connection that one reading has to itself. */
export interface DatabaseSession {
  readonly client: Pg.Client;
  /** Whether it was released or cancelled. */
  readonly isOver: boolean;
  /** Gives the connection back for others to use; only after a clean end. */
  release(): void;
  /** How long beginning a transaction may take, in milliseconds. */
  readonly mostBeginMs: number;
  /** How long it was waited for and held; held is 0 until it is given back. */
  readonly time: ConnectionTime;
  /**
   * Cancels what it does, in the database too, and closes it: what it does fails at once. Resolves when the database has ended it. Does
   * nothing after either was called.
   */
  cancel(): Promise<void>;
}

const usualConnections = 4;
/** By how much of the time the clocks of two machines may differ that are being set right (500 ppm). */
const mostClockDrift = 0.001;
/** Connecting may take so long, however little is left of the queue's time-out, and beginning a transaction on what is connected. */
const leastConnectMs = 250;
const leastBeginMs = 2000;

/** The connections of this process to one database: so many at most, and a bounded line for them. */
export class PostgresDatabase {
  readonly #pg: typeof Pg;
  readonly #target: ConnectionTarget;
  readonly #pool: ConnectionPool;
  readonly #queueTimeoutMs: number;
  readonly #clock: Clock;
  readonly #places: ExportSlots;
  readonly #busy: Occupancy;
  /** Connections that are being made; each is given up by its controller. */
  readonly #connecting = new Set<AbortController>();
  /** Sessions that were given up, until the database has ended them. */
  readonly #ending = new Set<Promise<void>>();
  readonly statementTimeoutMs: number;
  readonly role: string | undefined;
  /** What `pg_stat_activity` shows, in front of a transfer's id. */
  readonly applicationName: string;
  #facts: ServerFacts | undefined;

  private constructor(pg: typeof Pg, settings: DatabaseSettings, clock: Clock) {
    const { connections = usualConnections, queue = 64, queueTimeoutMs = 30_000 } = settings;
    const target = parseConnectionUrl(settings.url);
    this.#pg = pg;
    this.#target = target;
    this.statementTimeoutMs = settings.statementTimeoutMs ?? 0;
    this.role = settings.role;
    this.applicationName = target.applicationName;
    this.#queueTimeoutMs = queueTimeoutMs;
    this.#pool = new ConnectionPool(() => createClient(pg, target));
    this.#clock = clock;
    this.#busy = new Occupancy(clock);
    const limits = {
      slots: connections,
      what: "connections to the database",
      remedy: "raise connections of the database in the configuration",
      queue,
      queueTimeoutMs,
    };
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
   * A connection to oneself, until it is released or cancelled. Making it takes no longer than what is left of the queue's time-out.
   * @throws StreamCsvError `SCSV_BUSY` when none comes free in time, `SCSV_DATABASE_UNAVAILABLE` or `SCSV_DATABASE_REFUSED` when it
   *   can't be made; the signal's reason when aborted
   */
  async connect(signal: AbortSignal): Promise<DatabaseSession> {
    const askedAtMs = this.#clock.nowMs();
    const place = await this.#places.acquire(signal);
    if (signal.aborted) place.release();
    signal.throwIfAborted();
    let client: Pg.Client;
    try {
      client = await this.#connected(signal, place);
    } catch (error) {
      signal.throwIfAborted();
      throw connectionFault(error);
    }
    const leftMs = this.#queueTimeoutMs - (this.#clock.nowMs() - askedAtMs);
    const session = this.#session(client, place, Math.max(leastBeginMs, leftMs));
    if (signal.aborted) {
      session.release();
      signal.throwIfAborted();
    }
    return session;
  }

  /** Begins to time a statement. The function says whether it has taken as long as one may; the database has a clock of its own. */
  timeStatement(): () => boolean {
    const startedAtMs = this.#clock.nowMs();
    const limitMs = this.statementTimeoutMs === 0 ? Number.POSITIVE_INFINITY : this.statementTimeoutMs;
    return () => this.#clock.nowMs() - startedAtMs >= limitMs * (1 - mostClockDrift);
  }

  /** What is known of the server. Asked until one reading has heard it: another's may be aborted meanwhile. */
  async facts(client: Pg.Client): Promise<ServerFacts> {
    this.#facts ??= await readFacts(client);
    return this.#facts;
  }

  /** Ends every connection that isn't in use, and the others when they are given back. */
  async close(): Promise<void> {
    const reason = new StreamCsvError("SCSV_DRAINING", "The server is shutting down.");
    this.#places.close(reason);
    for (const connecting of this.#connecting) connecting.abort(reason);
    await Promise.all([this.#pool.close(), ...this.#ending]);
  }

  /** Takes a connection for a place, which is free again where there is none. */
  async #connected(signal: AbortSignal, place: Slot): Promise<Pg.Client> {
    const { connectTimeoutMs } = this.#target;
    const ownMs = connectTimeoutMs === 0 ? Number.POSITIVE_INFINITY : connectTimeoutMs;
    const leftMs = this.#queueTimeoutMs - place.queueWaitSeconds * 1000;
    const limitMs = Math.max(leastConnectMs, Math.min(ownMs, leftMs));
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(tooSlow(limitMs)), limitMs);
    this.#connecting.add(end);
    try {
      return await this.#pool.take(eitherSignal(signal, end.signal), (closed) => {
        neverRejects(this.#releaseBehind(closed, place));
      });
    } finally {
      this.#connecting.delete(end);
      clearTimeout(timer);
      // The signal is no longer listened to.
      end.abort();
    }
  }

  #session(client: Pg.Client, place: Slot, mostBeginMs: number): DatabaseSession {
    const startedAtMs = this.#clock.nowMs();
    let over: Promise<void> | undefined;
    let heldSeconds = 0;
    const end = (how: () => Promise<void>): Promise<void> => {
      if (over === undefined) {
        heldSeconds = (this.#clock.nowMs() - startedAtMs) / 1000;
        over = how();
      }
      return over;
    };
    const giveBack = (): Promise<void> => {
      this.#pool.keep(client);
      place.release();
      return Promise.resolve();
    };
    return {
      client,
      mostBeginMs,
      get isOver() {
        return over !== undefined;
      },
      get time() {
        return { waitSeconds: place.queueWaitSeconds, heldSeconds };
      },
      release: () => void end(giveBack),
      cancel: () => end(() => this.#cancel(client, place)),
    };
  }

  async #cancel(client: Pg.Client, place: Slot): Promise<void> {
    const socket = this.#pool.detach(client);
    const ended = cancelSession(this.#pg, this.#target, client as unknown as SessionKey, socket);
    await this.#releaseBehind(ended, place);
  }

  /** A place is free when the database has ended the session: it may take no more connections than there are places. */
  async #releaseBehind(ended: Promise<void>, place: Slot): Promise<void> {
    this.#ending.add(ended);
    try {
      await ended;
    } finally {
      this.#ending.delete(ended);
      place.release();
    }
  }
}

function tooSlow(limitMs: number): Error {
  return Object.assign(new Error(`No connection was made within ${Math.round(limitMs)} ms.`), {
    code: "ETIMEDOUT",
  });
}
