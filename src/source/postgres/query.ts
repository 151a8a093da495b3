import { StreamCsvError, toError } from "../../errors.ts";
import type { ColumnDescription, Source } from "../source.ts";
import {
  otherReader,
  resultReaderOf,
  type ResultReader,
  type OtherType,
  type ResultColumn,
} from "./result-reader.ts";
import type { PostgresDatabase, DatabaseSession } from "./database.ts";
import { DescribeStatement, type StatementDescription } from "./describe-statement.ts";
import { toPositional, type PositionalStatement } from "./named-parameters.ts";
import { PlanStatement } from "./plan-statement.ts";
import { readQuery } from "./reading.ts";
import { noRights, refusedSql } from "./refused-sql.ts";
import { requireLists } from "./require-lists.ts";
import { typesOf } from "./types-of.ts";
import { wrapped, type DescribedQuery, type QueryBinding } from "./statement.ts";
import { beginTransaction } from "./transaction.ts";

/** A query with named parameters, as a configuration has it. */
export interface QuerySettings {
  /** The export's name. */
  readonly name: string;
  readonly sql: string;
  /** OID of each parameter's type, by name; 0 where the statement tells it, as it does of a literal. */
  readonly parameterTypes: ReadonlyMap<string, number>;
  /** The parameters that are arrays; the others are single values. Absent: either may be. */
  readonly lists?: ReadonlySet<string>;
  /** Settings of the transaction in which it is described. */
  readonly settings?: ReadonlyMap<string, string>;
}

/** A query that its database has checked and described; it becomes a source with the values of its parameters. */
export interface PostgresQuery {
  readonly name: string;
  readonly columns: readonly ColumnDescription[];
  /** The parameters the statement has, in the order of their first place. */
  readonly parameters: readonly string[];
  bind(binding: QueryBinding): Source;
}

const textType = 25;
const textListType = 1009;
/** "could not determine data type of parameter", and the same for one that is used in two ways. */
const undetermined = new Set(["42P18", "42P08"]);

/**
 * Has a query checked and described by its database; no row is read.
 * @throws StreamCsvError `SCSV_QUERY_FAILED` with the database's own words, because the reader of the message has written
 *   the query; `SCSV_DATABASE_UNAVAILABLE`, `SCSV_BUSY`
 */
export async function describeQuery(
  database: PostgresDatabase,
  settings: QuerySettings,
  signal: AbortSignal,
): Promise<PostgresQuery> {
  const { name, sql, parameterTypes } = settings;
  const statement = positionalOf(name, sql);
  const unknown = statement.names.find((parameter) => !parameterTypes.has(parameter));
  if (unknown !== undefined)
    throw new StreamCsvError(
      "SCSV_QUERY_FAILED",
      `The SQL of "${name}" has the parameter ":${unknown}", which isn't declared.`,
      { parameter: unknown, hint: `Declare it: parameters: { ${unknown}: { type: text } }.` },
    );
  const { lists } = settings;
  const types = statement.names.map((parameter) => parameterTypes.get(parameter) ?? 0);
  const asText = statement.names.map((parameter, index) =>
    types[index] === 0 ? (lists?.has(parameter) === true ? textListType : textType) : (types[index] ?? 0),
  );
  const session = await database.connect(signal);
  try {
    const text = wrapped(statement.text, "*", null);
    const described = await describe(database, session, {
      name,
      sql: statement.text,
      text,
      types,
      asText,
      settings: settings.settings,
    });
    if (lists !== undefined)
      await requireLists(session, {
        name,
        lists,
        names: statement.names,
        types,
        found: described.parameterTypes,
      });
    const columns = requireNames(name, described.columns);
    const readers = await readersOf(session, columns);
    session.release();
    return asQuery(database, {
      name,
      sql: statement.text,
      parameters: statement.names,
      parameterTypes: described.types,
      columns,
      readers,
    });
  } finally {
    await session.cancel();
  }
}

function positionalOf(name: string, sql: string): PositionalStatement {
  try {
    return toPositional(sql);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StreamCsvError("SCSV_QUERY_FAILED", `The SQL of "${name}" can't be used. ${error.message}`, {
      cause: error,
      hint: "Correct the SQL in the configuration.",
    });
  }
}

interface StatementToDescribe {
  /** The export's name, for messages. */
  readonly name: string;
  /** The SQL as it stands in the text. */
  readonly sql: string;
  readonly text: string;
  readonly types: readonly number[];
  /** The types to try where the statement doesn't decide those that are 0. */
  readonly asText: readonly number[];
  readonly settings: ReadonlyMap<string, string> | undefined;
}

async function describe(
  database: PostgresDatabase,
  session: DatabaseSession,
  statement: StatementToDescribe,
): Promise<StatementDescription & { readonly types: readonly number[] }> {
  const { text, types, asText } = statement;
  try {
    await beginTransaction(database, session, statement.settings);
    const description = await DescribeStatement.run(session.client, text, types);
    await requireReadable(session, statement);
    await session.client.query("ROLLBACK");
    return { ...description, types };
  } catch (error) {
    const state = stateOf(error);
    if (undetermined.has(state) && types.includes(0)) {
      await session.client.query("ROLLBACK");
      return await describe(database, session, { ...statement, types: withText(types, asText, error) });
    }
    throw refusedSql(error, statement);
  }
}

/** The types with text for the parameter that an error names, or for all that are open: others may be those of enums. */
function withText(types: readonly number[], asText: readonly number[], error: unknown): readonly number[] {
  const index = Number(/\$(\d+)/.exec(toError(error).message)?.[1]) - 1;
  return types[index] === 0 ? types.with(index, asText[index] ?? textType) : asText;
}

/** The step of a plan that locks the rows it passes on, which fails in a read-only transaction, when it runs. */
const locksRows = /^ *(?:-> +)?LockRows /;

/**
 * Only the rights and the locks are wanted of the plan. Anything else may depend on what is known later: the values of parameters, or
 * the settings that row security reads.
 */
async function requireReadable(
  session: DatabaseSession,
  { name, text, types }: StatementToDescribe,
): Promise<void> {
  const plan = await PlanStatement.run(session.client, text, types).catch((error: unknown) => {
    if (stateOf(error) === noRights) throw error;
    return [];
  });
  if (plan.some((line) => locksRows.test(line)))
    throw new StreamCsvError("SCSV_QUERY_FAILED", `The SQL of "${name}" can't be used: it locks rows.`, {
      hint: "An export reads in a read-only transaction. Leave out FOR UPDATE and FOR SHARE.",
    });
}

function stateOf(error: unknown): string {
  return (error as { readonly code?: string }).code ?? "";
}

function requireNames(query: string, columns: readonly ResultColumn[]): readonly ResultColumn[] {
  if (columns.length === 0)
    throw new StreamCsvError("SCSV_QUERY_FAILED", `The SQL of "${query}" gives no columns.`, {
      hint: "Name at least one behind SELECT.",
    });
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name))
      throw new StreamCsvError(
        "SCSV_QUERY_FAILED",
        `The SQL of "${query}" gives two columns named "${name}".`,
        { hint: "Give one of them another name with AS, as in: SELECT a.id, b.id AS b_id." },
      );
    seen.add(name);
  }
  return columns;
}

async function readersOf(
  session: DatabaseSession,
  columns: readonly ResultColumn[],
): Promise<readonly ResultReader[]> {
  const ids = columns.filter((column) => resultReaderOf(column) === undefined).map(({ typeId }) => typeId);
  const types = await typesOf(session, ids);
  const unknown: OtherType = { name: "text", category: "U" };
  return columns.map((column) => resultReaderOf(column) ?? otherReader(types.get(column.typeId) ?? unknown));
}

function asQuery(database: PostgresDatabase, described: DescribedQuery): PostgresQuery {
  const { name, parameters, columns: results, readers } = described;
  const columns = results.map((column, index) => ({
    name: column.name,
    type: readers[index]?.type ?? "text",
  }));
  return {
    name,
    columns,
    parameters,
    bind: (binding) => ({
      name,
      kind: "postgres",
      columns,
      rowCount: null,
      version: binding.version,
      read: (options) => readQuery(database, described, binding, options),
      // The database is its owner's to close.
      close: () => Promise.resolve(),
    }),
  };
}
