import type Database from "better-sqlite3";
import { StreamCsvError } from "../../../errors.ts";
import type { ReadRequest } from "../protocol.ts";
import { BatchEncoder, type SqliteValue } from "./batch-encoder.ts";
import { sendFrame, sendMessage } from "./channel.ts";
import { CheckedTexts, showsWrongTexts } from "./checked-texts.ts";
import { sqliteFault } from "./sqlite-fault.ts";
import { columnReference, readStatement } from "./statement-text.ts";
import { changedColumnsHint } from "../../changed-columns-hint.ts";

const mostRows = 1024;
const mostBytes = 128 * 1024;
/** The first batch is small, so that it leaves early. */
const mostRowsOfFirst = 64;
const mostMilliseconds = 20;

type SqliteRow = readonly SqliteValue[];

/**
 * Reads the rows of a statement in one transaction, which is one snapshot, and sends them. Memory is one batch, or one row where
 * that is larger, and what SQLite needs for sorting.
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED` when the columns aren't the described ones; `SCSV_SOURCE_LOCKED`,
 *   `SCSV_SOURCE_UNREADABLE`, `SCSV_QUERY_FAILED`
 */
export function sendReading(database: Database.Database, request: ReadRequest): void {
  try {
    database.exec("BEGIN");
    // The snapshot is taken with the first reading.
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    checkColumns(database, request);
    sendMessage({ kind: "begun" });
    sendRows(database, request);
    database.exec("COMMIT");
  } catch (error) {
    const { name, path, table } = request;
    const isQuery = table === null;
    throw sqliteFault(error, {
      subject: isQuery ? `The query of "${name}" failed` : `Reading ${JSON.stringify(name)} failed`,
      path,
      otherwise: isQuery ? "SCSV_QUERY_FAILED" : "SCSV_SOURCE_UNREADABLE",
      showsWords: !isQuery,
    });
  }
}

function checkColumns(database: Database.Database, { name, sql, columns }: ReadRequest): void {
  const found = preparedColumns(database, sql);
  if (found?.length === columns.length && found.every((column, place) => column === columns[place])) return;
  throw new StreamCsvError(
    "SCSV_SOURCE_CHANGED",
    `The columns of ${JSON.stringify(name)} have changed since it was described.`,
    { hint: changedColumnsHint },
  );
}

/** The names of a statement's columns, or undefined when its table is gone. */
function preparedColumns(database: Database.Database, sql: string): readonly string[] | undefined {
  try {
    return database
      .prepare(sql)
      .columns()
      .map((column) => column.name);
  } catch (error) {
    if (/^no such (?:table|column)/.test((error as Error).message)) return undefined;
    throw error;
  }
}

function sendRows(database: Database.Database, request: ReadRequest): void {
  const { places } = request;
  const values = boundValues(request);
  const run = (expressions: readonly string[]): IterableIterator<SqliteRow> =>
    database
      .prepare(readStatement(request, expressions))
      .raw(true)
      .safeIntegers(true)
      .iterate(values) as IterableIterator<SqliteRow>;
  const encoder = new BatchEncoder(places.length);
  let checked = showsWrongTexts(database) ? undefined : new CheckedTexts(database, request, 0);
  let iterator = run(checked?.expressions ?? places.map((place) => columnReference(request, place)));
  let sent = 0;
  let rowLimit = mostRowsOfFirst;
  try {
    for (;;) {
      const isEnd = fill(encoder, iterator, rowLimit, checked);
      if (checked === undefined && encoder.hasReplacement) {
        iterator.return?.();
        checked = new CheckedTexts(database, request, sent);
        iterator = run(checked.expressions);
        for (let row = 0; row < sent; row += 1) iterator.next();
        checked.compare(encoder, iterator);
      }
      if (encoder.rowCount > 0) sendFrame(encoder.encode());
      sent += encoder.rowCount;
      encoder.clear();
      rowLimit = mostRows;
      if (isEnd) return;
    }
  } finally {
    // A database can't be closed while a statement runs.
    iterator.return?.();
  }
}

/** Takes rows for one batch, and returns whether they are the last ones. */
function fill(
  encoder: BatchEncoder,
  iterator: Iterator<SqliteRow>,
  rowLimit: number,
  checked: CheckedTexts | undefined,
): boolean {
  let startMs = 0;
  while (encoder.rowCount < rowLimit && encoder.sizeBytes < mostBytes) {
    const step = iterator.next();
    if (step.done === true) return true;
    encoder.push(checked === undefined ? step.value : checked.read(step.value));
    if (startMs === 0) startMs = performance.now();
    else if (performance.now() - startMs > mostMilliseconds) return false;
  }
  return false;
}

function boundValues({ values }: ReadRequest): Record<string, SqliteValue> {
  return Object.fromEntries(
    values.map(({ name, storage, text }) => {
      if (text === null || storage === "text") return [name, text];
      return [name, storage === "integer" ? BigInt(text) : Number(text)];
    }),
  );
}
