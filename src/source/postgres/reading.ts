import type { QueryResult } from "pg";
import type { Batch } from "../../csv/batch.ts";
import { StreamCsvError } from "../../errors.ts";
import { neverRejects } from "../../never-rejects.ts";
import { formatSeconds } from "../../units.ts";
import type { ReadOptions } from "../source.ts";
import type { DatabaseSession, PostgresDatabase } from "./database.ts";
import { databaseFault, statementTimedOut, valueFault } from "./database-fault.ts";
import { inTime, StatementWatch } from "./in-time.ts";
import { misfitFault } from "./misfit-fault.ts";
import { RowStream } from "./row-stream.ts";
import { settingFault } from "./setting-fault.ts";
import { beforeQuery, beginTransaction } from "./transaction.ts";
import { quoteIdentifier, wrapped, type DescribedQuery, type QueryBinding } from "./statement.ts";

/**
 * Ends a reading. A query can leave something in its session, as set_config('role', …, false), pg_advisory_lock() and a function with a
 * cursor WITH HOLD or LISTEN do, which the next reading mustn't see. What the transaction doesn't take back is asked for by itself. Not
 * RESET ALL or DISCARD: behind pgbouncer the session is that of other programs too, with settings and prepared statements of theirs.
 */
const leaveNothing =
  "SELECT pg_catalog.current_setting('client_encoding') AS encoding; " +
  `ROLLBACK TO SAVEPOINT ${beforeQuery}; SELECT pg_catalog.pg_advisory_unlock_all(); ` +
  "SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql AND prepare_time >= pg_catalog.transaction_timestamp(); COMMIT";

/** What it asks of the server is done at once. */
const mostEndMs = 30_000;

/**
 * @returns whether nothing is left: a statement that a function of the query has prepared lasts as long as the session
 * @throws StreamCsvError `SCSV_QUERY_FAILED` where the rows came in another encoding; `SCSV_DATABASE_UNAVAILABLE` without an answer
 */
async function leftNothing(session: DatabaseSession): Promise<boolean> {
  const answer = session.client.query(leaveNothing) as unknown as Promise<
    readonly QueryResult<{ encoding: string }>[]
  >;
  const results = await inTime(session, mostEndMs, answer, notEnded);
  const [{ encoding } = { encoding: "" }] = results[0]?.rows ?? [];
  if (encoding !== "UTF8")
    throw new StreamCsvError(
      "SCSV_QUERY_FAILED",
      `A function of the query has set client_encoding to ${encoding}, so the texts behind it aren't UTF-8.`,
      { hint: "Let the function leave client_encoding alone, or set it back." },
    );
  const prepared = results.at(-2);
  return prepared?.rowCount === 0;
}

const nothingComes = "Nothing comes of it, and the database doesn't say that it has ended it.";

function notEnded(): StreamCsvError {
  const message = `The database didn't end the transaction within ${formatSeconds(mostEndMs / 1000)}.`;
  return new StreamCsvError("SCSV_DATABASE_UNAVAILABLE", message, { retryAfterSeconds: 5 });
}

/**
 * Reads a query in one read-only transaction, which is one snapshot. A batch is the whole rows of one read of the socket. The
 * reading ends well only behind COMMIT, since an error can come until then. In every other case the query is cancelled in the
 * database and the connection closed, at once when the signal is aborted, even while nobody asks for rows.
 * @throws StreamCsvError `SCSV_BUSY`, `SCSV_DATABASE_UNAVAILABLE`, `SCSV_QUERY_TIMEOUT`, `SCSV_QUERY_FAILED`,
 *   `SCSV_SOURCE_CHANGED`; the signal's reason when aborted
 */
export async function* readQuery(
  database: PostgresDatabase,
  query: DescribedQuery,
  binding: QueryBinding,
  options: ReadOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { signal } = options;
  signal.throwIfAborted();
  if (options.rows === 0) return;
  const { statement, readers } = statementOf(query, binding, options);
  const session = await database.connect(signal);
  const cancel = (): void => neverRejects(session.cancel());
  signal.addEventListener("abort", cancel, { once: true });
  let stream: RowStream | undefined;
  const isOverdue = database.timeStatement();
  const late = (): StreamCsvError => statementTimedOut(new Error(nothingComes), `"${query.name}"`);
  let watch: StatementWatch | undefined;
  try {
    await beginTransaction(database, session, binding.settings, options.label);
    stream = session.client.query(new RowStream(statement));
    watch = new StatementWatch(session, database.statementTimeoutMs, late);
    const readings = readers.map((reader) => reader.start());
    for (;;) {
      const fields = await watch.wait(stream.next());
      if (fields === undefined) break;
      yield {
        rowCount: fields.rows,
        columns: readings.map((read, column) => read(fields, column)),
      };
    }
    watch.end();
    if (await leftNothing(session)) session.release();
  } catch (error) {
    signal.throwIfAborted();
    const fault = databaseFault(error, `"${query.name}"`, isOverdue());
    if (stream?.isBound === true || fault.code !== "SCSV_QUERY_FAILED") throw fault;
    const { parameters } = query;
    const failed = { ...statement, parameters, settings: binding.settings };
    const ask = async (): Promise<StreamCsvError | undefined> =>
      stream === undefined
        ? await settingFault(database, session, binding, error)
        : (valueFault(error, parameters) ?? (await misfitFault(database, session, failed, error)));
    // Where the connection is lost meanwhile, the first error is the reason.
    const refused = await ask().catch(() => undefined);
    signal.throwIfAborted();
    throw refused ?? fault;
  } finally {
    watch?.end();
    signal.removeEventListener("abort", cancel);
    // A reading that was aborted, or whose database says nothing, ends at once.
    const isOver = session.isOver;
    const ended = session.cancel();
    if (!isOver) await ended;
    options.onConnectionTime?.(session.time);
  }
}

function statementOf(
  query: DescribedQuery,
  { values }: QueryBinding,
  { rows, columns: places }: ReadOptions,
): {
  readonly statement: ConstructorParameters<typeof RowStream>[0];
  readonly readers: DescribedQuery["readers"];
} {
  const chosen = places ?? query.columns.map((_, index) => index);
  const columns = chosen.map((index) => query.columns[index]!);
  const readers = chosen.map((index) => query.readers[index]!);
  const list = places === undefined ? "*" : columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  return {
    readers,
    statement: {
      text: wrapped(query.sql, list, rows ?? null),
      parameterTypes: query.parameterTypes,
      values: query.parameters.map((name) => values.get(name) ?? null),
      columns,
      isBinary: readers.map(({ isBinary }) => isBinary),
    },
  };
}
