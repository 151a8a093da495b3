import { changedColumnsHint } from "../changed-columns-hint.ts";
import type { Connection, Submittable } from "pg";
import { StreamCsvError, toError } from "../../errors.ts";
import type { ResultColumn } from "./result-reader.ts";
import type { DescribedField, ExtendedConnection } from "./extended-connection.ts";
import { bindMessage, messageLength } from "./messages.ts";
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
 * Nothing is read from the socket while nobody asks for rows, so that back-pressure reaches the database. Memory is one read
 * of the socket, or one row where that is larger, up to 64 MiB. No fetch count is used, since that forbids parallel plans.
 */
export class RowStream implements Submittable {
  readonly #query: RowQuery;
  readonly #scanner: RowScanner;
  #socket: Connection["stream"] | undefined;
  /** What pg listens to the socket with. */
  #onward: ((chunk: Buffer) => void)[] = [];
  #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Bytes that must be there before anything can be done with them. */
  #neededBytes = 1;
  #error: Error | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(query: RowQuery) {
    this.#query = query;
    this.#scanner = new RowScanner(query.columns.length);
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

  handleRowDescription({ fields }: { readonly fields: readonly DescribedField[] }): void {
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

  /** Called by pg for an error of the statement, and when the connection is lost. */
  handleError(error: unknown): void {
    this.#fail(toError(error));
    this.#leave();
  }

  handleReadyForQuery(): void {
    this.#isEnded = true;
    this.#leave();
    this.#wakeUp();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.byteLength;
    if (this.#receivedBytes < this.#neededBytes) return;
    this.#socket?.pause();
    this.#wakeUp();
  };

  /** The rows that are there; what stands before and behind them goes on to pg. */
  #take(): RowFields | undefined {
    if (this.#receivedBytes < this.#neededBytes) return undefined;
    const bytes = this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
    this.#received = [];
    this.#receivedBytes = 0;
    let at = 0;
    for (;;) {
      const { fields, end } = this.#scanner.scan(bytes, at);
      if (end > at || fields.rows > 0) {
        this.#keep(bytes, end);
        return fields;
      }
      const length = messageLength(bytes, at);
      if (length === undefined || at + length > bytes.byteLength) {
        this.#keep(bytes, at);
        if ((length ?? 0) > mostRowBytes)
          throw new StreamCsvError(
            "SCSV_QUERY_FAILED",
            `A row of the query has ${length} bytes; at most ${mostRowBytes} are read.`,
          );
        this.#neededBytes = length ?? 5;
        return undefined;
      }
      const message = bytes.subarray(at, at + length);
      at += length;
      for (const listener of this.#onward) listener(message);
      if (this.#isEnded || this.#error !== undefined) {
        // Nothing comes behind ReadyForQuery; behind an error comes what pg waits for.
        const rest = bytes.subarray(at);
        if (rest.byteLength > 0) for (const listener of this.#onward) listener(rest);
        return undefined;
      }
    }
  }

  #keep(bytes: Buffer, from: number): void {
    this.#neededBytes = 1;
    if (from === bytes.byteLength) return;
    this.#received = [bytes.subarray(from)];
    this.#receivedBytes = bytes.byteLength - from;
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
