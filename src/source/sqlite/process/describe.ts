import { didYouMean } from "../../../similar-name.ts";
import type Database from "better-sqlite3";
import { isCodedError, StreamCsvError, toError } from "../../../errors.ts";
import type { DescribedSqliteColumn, DescribedTable, QueryRequest, TablesRequest } from "../protocol.ts";
import { noneReadable } from "../../none-readable.ts";
import { sqliteFault } from "./sqlite-fault.ts";
import { columnAlias, quoteName, selectFrom } from "./statement-text.ts";

const foreignHint =
  "If it needs an extension, function or collation of the program that wrote it, copy its rows to another table with that program.";

/** What a file's own views and generated columns may not do (see `openDatabase`). */
const unsafe = /^unsafe use of /;
const unsafeHint =
  "A view in a file may not do that, because a file of unknown origin could misuse it. Write its SELECT as the sql of an export.";

/** Other programs' SQLite takes a name in double quotes for a text if no column is called so (https://www.sqlite.org/quirks.html). */
const quoted = /should this be a string literal in single-quotes/;
const quotedHint =
  "Put a text in single quotes; double quotes are for names. Write the SELECT of a view, corrected, as the sql of an export.";

const collationHint =
  "Give each column that has it a collation of SQLite's own, such as: SELECT name COLLATE BINARY AS name.";

const statementHint = "It must be one SELECT, VALUES or WITH statement with no semicolon but at its end.";

const wrongHint = "Correct it, or what it reads; it is SQLite that refuses it.";

const hints: readonly (readonly [words: RegExp, hint: string])[] = [
  [/^no such collation/, collationHint],
  [unsafe, unsafeHint],
  [quoted, quotedHint],
  [/syntax error|incomplete input|more than one statement|no statements/, statementHint],
];

/**
 * Describes the tables and views of a database, or the one that is wanted. Left out, unless it is wanted, is a view or virtual table
 * that can't be read, and a table that needs an extension, function or collation of the program that wrote it.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` when there is no table, not the wanted one, or none that can be read
 */
export function describeTables(
  database: Database.Database,
  { path, wanted }: TablesRequest,
): readonly DescribedTable[] {
  const all = database
    .prepare(
      `SELECT name, type <> 'table' AS isDerived FROM pragma_table_list
       WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .all() as readonly { readonly name: string; readonly isDerived: number }[];
  const chosen = wanted === null ? all : all.filter(({ name }) => name === wanted);
  if (chosen.length === 0)
    throw noTable(
      path,
      wanted,
      all.map(({ name }) => name),
    );
  const tables: DescribedTable[] = [];
  for (const { name, isDerived } of chosen) {
    try {
      tables.push({ name, columns: columnsOf(database.prepare(`SELECT * FROM ${quoteName(name)}`)) });
    } catch (error) {
      const isForeign = isCodedError(error) && error.code.startsWith("SQLITE_ERROR");
      if (wanted !== null || (isDerived === 0 && !isForeign))
        throw sqliteFault(error, {
          subject: `The table or view ${JSON.stringify(name)} of ${JSON.stringify(path)} can't be read`,
          path,
          otherwise: "SCSV_SOURCE_UNREADABLE",
          showsWords: true,
          ...(isForeign ? { hint: viewHint(toError(error).message) } : {}),
        });
    }
  }
  if (tables.length === 0)
    throw noneReadable(
      path,
      all.map(({ name }) => name),
    );
  return tables;
}

/**
 * Checks and describes a query; no row is read.
 * @throws StreamCsvError `SCSV_QUERY_FAILED` with SQLite's own words: the reader of the message has written the query
 */
export function describeStatement(
  database: Database.Database,
  { name, sql, path, declared }: QueryRequest,
): { readonly columns: readonly DescribedSqliteColumn[]; readonly parameters: readonly string[] } {
  let statement: Database.Statement;
  try {
    statement = database.prepare(sql);
    if (!statement.reader || !statement.readonly)
      throw refused(name, statement.reader ? "it writes to the database" : "it gives no rows");
    const columns = statement.columns().length;
    database.prepare(selectFrom(sql, columns, [columnAlias(0)], null));
  } catch (error) {
    throw error instanceof StreamCsvError || /^SQLITE_(?!ERROR)/.test((error as { code?: string }).code ?? "")
      ? sqliteFault(error, {
          subject: `The SQL of "${name}" can't be used`,
          path,
          otherwise: "SCSV_QUERY_FAILED",
          showsWords: true,
        })
      : refusedStatement(name, error);
  }
  const columns = columnsOf(statement);
  checkNames(name, columns);
  return { columns, parameters: parametersOf(database, sql, name, declared) };
}

function viewHint(words: string): string {
  if (unsafe.test(words)) return unsafeHint;
  return quoted.test(words) ? quotedHint : foreignHint;
}

function refusedStatement(name: string, error: unknown): StreamCsvError {
  const { message } = toError(error);
  const [, hint = wrongHint] = hints.find(([words]) => words.test(message)) ?? [];
  return refused(name, message.replace(/\.$/, ""), error, hint);
}

function columnsOf(statement: Database.Statement): readonly DescribedSqliteColumn[] {
  return statement.columns().map(({ name, type }) => ({ name, declared: type }));
}

function checkNames(query: string, columns: readonly DescribedSqliteColumn[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name))
      throw new StreamCsvError(
        "SCSV_QUERY_FAILED",
        `The SQL of "${query}" gives two columns named "${name}".`,
        {
          hint: "Give one of them another name with AS, as in: SELECT a.id, b.id AS b_id.",
        },
      );
    seen.add(name);
  }
}

/**
 * The parameters of a statement, in the order in which SQLite numbers them. The driver tells only the first one that has no value,
 * so they are found one after the other.
 */
function parametersOf(
  database: Database.Database,
  sql: string,
  query: string,
  declared: readonly string[],
): readonly string[] {
  // EXPLAIN has the same parameters, and reads no row.
  const statement = database.prepare(`EXPLAIN ${sql}`);
  const values: Record<string, null> = {};
  for (;;) {
    const missing = missingParameter(statement, values, query);
    if (missing === undefined) return Object.keys(values);
    if (!declared.includes(missing))
      throw new StreamCsvError(
        "SCSV_QUERY_FAILED",
        `The SQL of "${query}" has the parameter ":${missing}", which isn't declared.`,
        { parameter: missing, hint: `Declare it: parameters: { ${missing}: { type: text } }.` },
      );
    Object.defineProperty(values, missing, { value: null, enumerable: true });
  }
}

function missingParameter(
  statement: Database.Statement,
  values: Readonly<Record<string, null>>,
  query: string,
): string | undefined {
  try {
    statement.get(values);
    return undefined;
  } catch (error) {
    const { message } = toError(error);
    const missing = /^Missing named parameter "(.*)"$/s.exec(message)?.[1];
    if (missing !== undefined) return missing;
    if (/Too few parameter values/.test(message))
      throw refused(query, "it has a positional parameter", error, "Use a named one, such as :customer.");
    throw error;
  }
}

function refused(name: string, why: string, cause?: unknown, hint = statementHint): StreamCsvError {
  return new StreamCsvError("SCSV_QUERY_FAILED", `The SQL of "${name}" can't be used: ${why}.`, {
    ...(cause === undefined ? {} : { cause }),
    hint,
  });
}

function noTable(path: string, wanted: string | null, names: readonly string[]): StreamCsvError {
  const what = wanted === null ? "" : ` ${JSON.stringify(wanted)}`;
  const known = names.length === 0 ? "" : `; it has ${names.join(", ")}`;
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `${JSON.stringify(path)} has no table or view${what}${known}.${didYouMean(wanted ?? "", names)}`,
    { hint: names.length === 0 ? "Write a table to it first." : "Name one of them with --table." },
  );
}
