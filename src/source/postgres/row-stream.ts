import { changedColumnsHint } from "../changed-columns-hint.ts";
import type { Connection, Submittable } from "pg";
import { StreamCsvError, toError } from "../../errors.ts";
import type { ResultColumn } from "./result-reader.ts";
import type { DescribedField, ExtendedConnection } from "./extended-connection.ts";
import { bindMessage, findError, headBytes, messageLength } from "./messages.ts";
import { ReceivedBytes } from "./received-bytes.ts";
import { RowScanner, type RowFields } from "./row-fields.ts";

/** A statement to run, and what its result is known to be. */
export interface RowQuery {
  readonly text: string;
  /** OIDs of the parameters' types; 0 where the statement tells the type. */
  readonly parameterTypes: readonly number[];
  readonly values: readonly (string | null)[];
  readonly columns: readonly ResultColumn[];
  /** Whether a column comes in the binary format. */
  readonly isBinary: readonly boolean[];
}

/** The largest row that is read; a row has to be there whole. */
const mostRowBytes = 64 * 1024 ** 2;

/**
 * The rows of one statement, taken from the socket before pg makes strings of them; every other message goes on to pg.
 *
 * Nothing is read from the socket while nobody asks for rows, so that back-pressure reaches the database. Memory is that of
 * two reads of the socket, and of one row where that is larger, up to 64 MiB. No fetch count is used, since that forbids parallel plans.
 */
export class RowStream implements Submittable {
  readonly #query: RowQuery;
  readonly #scanner: RowScanner;
  #socket: Connection["stream"] | undefined;
  /** What pg listens to the socket with. */
  #onward: ((chunk: Buffer) => void)[] = [];
  readonly #received = new ReceivedBytes();
  /** Bytes that must be there before anything can be done with them. */
  #neededBytes = 1;
  #error: Error | undefined;
  #isEnded = false;
  #isBound = false;
  /** Whether pg is reading a message. */
  #isPassingOn = false;
  #wake: (() => void) | undefined;

  constructor(query: RowQuery) {
    this.#query = query;
    this.#scanner = new RowScanner(query.columns.length);
  }

  /** Whether the database has taken the values of the parameters and planned the statement: an error from then on is of its rows. */
  get isBound(): boolean {
    return this.#isBound;
  }

  /** Called by pg when it's this statement's turn. */
  submit(connection: Connection): void {
    const { text, parameterTypes, values, isBinary } = this.#query;
    const socket = connection.stream;
    this.#socket = socket;
    this.#onward = socket.listeners("data") as ((chunk: Buffer) => void)[];
    for (const listener of this.#onward) socket.off("data", listener);
    socket.on("data", this.#onData);
    const extended = connection as unknown as ExtendedConnection;
    socket.cork();
    extended.parse({ text, name: "", types: parameterTypes });
    socket.write(bindMessage(values, isBinary));
    extended.describe({ type: "P", name: "" });
    extended.execute({ portal: "", rows: 0 });
    extended.sync();
    socket.uncork();
  }

  /**
   * Waits for the next rows; undefined when the statement has ended well. They hold until the next are asked for.
   * @throws the database's error, or what cut the connection
   */
  async next(): Promise<RowFields | undefined> {
    for (;;) {
      const fields = this.#take();
      if (this.#error !== undefined) throw this.#error;
      if (fields !== undefined) return fields;
      if (this.#isEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket?.resume();
      });
    }
  }

  /** It is the portal's, which is there once the values are bound. */
  handleRowDescription({ fields }: { readonly fields: readonly DescribedField[] }): void {
    this.#isBound = true;
    const { columns } = this.#query;
    const isSame =
      fields.length === columns.length &&
      columns.every(({ name, typeId, modifier }, index) => {
        const field = fields[index];
        return field?.name === name && field.dataTypeID === typeId && field.dataTypeModifier === modifier;
      });
    if (!isSame)
      this.#fail(
        new StreamCsvError(
          "SCSV_SOURCE_CHANGED",
          "The columns of the query have changed since it was described.",
          { hint: changedColumnsHint },
        ),
      );
  }

  handleDataRow(): void {
    this.#fail(new StreamCsvError("SCSV_INTERNAL", "A row was read past its reader."));
  }

  handleCommandComplete(): void {
    // It says how many rows there were; that the statement ended well is known with ReadyForQuery.
  }

  handleEmptyQuery(): void {
    this.#fail(new StreamCsvError("SCSV_QUERY_FAILED", "The query is empty."));
  }

  handlePortalSuspended(): void {
    this.#fail(
      new StreamCsvError("SCSV_INTERNAL", "The database suspended a query that has no limit of rows."),
    );
  }

  /**
   * Called by pg for an error of the statement, and when the connection is lost. A server that ends a session says why before, and that
   * may stand behind rows which nobody has taken yet: a socket tells its end even while it is paused.
   */
  handleError(error: unknown): void {
    const { memory, start, end } = this.#received;
    this.#fail((this.#isPassingOn ? undefined : findError(memory, start, end)) ?? toError(error));
    this.#leave();
  }

  handleReadyForQuery(): void {
    this.#isEnded = true;
    this.#leave();
    this.#wakeUp();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received.add(chunk);
    if (this.#received.byteLength < this.#neededBytes) return;
    this.#socket?.pause();
    this.#wakeUp();
  };

  /** The rows that are there; what stands before and behind them goes on to pg. */
  #take(): RowFields | undefined {
    const received = this.#received;
    while (received.byteLength >= this.#neededBytes) {
      this.#neededBytes = 1;
      const { memory, start, end } = received;
      const scanned = this.#scanner.scan(memory, start, end);
      if (scanned.fields.rows > 0) {
        received.readTo(scanned.end);
        return scanned.fields;
      }
      const length = messageLength(memory, start, end);
      if (length === undefined || start + length > end) {
        this.#neededBytes = neededFor(length);
        received.makeRoom(this.#neededBytes - received.byteLength);
        return undefined;
      }
      received.readTo(start + length);
      this.#passOn(start, start + length);
      if (this.#isEnded || this.#error !== undefined) {
        // Nothing comes behind ReadyForQuery; behind an error comes what pg waits for.
        if (received.byteLength > 0) this.#passOn(received.start, received.end);
        received.readTo(received.end);
      }
    }
    return undefined;
  }

  #passOn(from: number, to: number): void {
    const bytes = this.#received.copy(from, to);
    this.#isPassingOn = true;
    for (const listener of this.#onward) listener(bytes);
    this.#isPassingOn = false;
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#wakeUp();
  }

  /** Gives the socket back to pg. */
  #leave(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.off("data", this.#onData);
    for (const listener of this.#onward) socket.on("data", listener);
    socket.resume();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/**
 * Bytes that have to be there for a message of that length, or for its head where the length isn't known.
 * @throws StreamCsvError `SCSV_QUERY_FAILED` for a message longer than any that is read
 */
function neededFor(length: number | undefined): number {
  if (length === undefined) return headBytes;
  if (length > mostRowBytes)
    throw new StreamCsvError(
      "SCSV_QUERY_FAILED",
      `A row of the query has ${length} bytes; at most ${mostRowBytes} are read.`,
      { hint: "Leave its large columns out, or cut their values in the SQL, as by left(memo, 1000000)." },
    );
  return length;
}
