import { isCodedError, StreamCsvError, toError, type FaultCode } from "../../errors.ts";

/** What a client reads, by SQLSTATE (PostgreSQL's manual, appendix A) or the code of a network error. */
interface Rule {
  readonly matches: RegExp;
  /** What the database's own words must have too. */
  readonly words?: RegExp;
  readonly code: FaultCode;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly hint?: string;
}

const conflict =
  "The database cancelled the query because it conflicted with replication or another transaction.";

const shortage = {
  code: "SCSV_DATABASE_UNAVAILABLE",
  message: "The database has run out of connections, memory or disk.",
  retryAfterSeconds: 10,
} as const;

const rules: readonly Rule[] = [
  {
    matches: /^08P01$/,
    // pgbouncer says it in English always.
    words: /statement pooling/,
    code: "SCSV_DATABASE_REFUSED",
    message: "The pgbouncer in front of the database is in statement mode, which allows no transaction.",
    hint: "Set pool_mode = transaction in pgbouncer, for this database or its user.",
  },
  {
    // It has this one SQLSTATE for whatever it doesn't let in, for good or for now.
    matches: /^08P01$/,
    words:
      /^(?:no such (?:database|user)|(?:password |SASL )?auth(?:entication)? failed|login rejected|SSL required|unsupported startup parameter|bouncer config error|database .* (?:is disabled|does not exist)$)/i,
    code: "SCSV_DATABASE_REFUSED",
    message: "The pgbouncer in front of the database refuses the connection.",
  },
  { matches: /^08P01$/, words: /^no more connections allowed/, ...shortage },
  {
    // The lost connection of a session itself has no SQLSTATE. These are of postgres_fdw, dblink and the like.
    matches: /^080/,
    code: "SCSV_DATABASE_UNAVAILABLE",
    message: "The database, or a server that the query reads through it, can't be reached.",
    retryAfterSeconds: 5,
  },
  {
    matches: /^(08|57P0[1235]|E[A-Z])/,
    code: "SCSV_DATABASE_UNAVAILABLE",
    message: "The database can't be reached, or is going down or coming up.",
    retryAfterSeconds: 5,
  },
  { matches: /^53/, ...shortage },
  {
    matches: /^40001$/,
    code: "SCSV_DATABASE_UNAVAILABLE",
    message: conflict,
    retryAfterSeconds: 10,
    hint: "Try again after the seconds in Retry-After. On a standby, raise max_standby_streaming_delay, or set hot_standby_feedback to on.",
  },
  { matches: /^40/, code: "SCSV_DATABASE_UNAVAILABLE", message: conflict, retryAfterSeconds: 10 },
  {
    matches: /^55P03$/,
    code: "SCSV_DATABASE_UNAVAILABLE",
    message: "A table of the query is locked by another transaction.",
    retryAfterSeconds: 10,
  },
];

/** What to do about a query that fails, by SQLSTATE, where running it by hand tells nothing. */
const hints: Readonly<Partial<Record<string, string>>> = {
  "25006":
    "An export reads in a read-only transaction. Leave out functions that write, such as nextval(), and those that lock rows.",
};

/** A fault of making a connection, as a client may read it. */
export function connectionFault(error: unknown): StreamCsvError {
  const fault = databaseFault(error, "an export");
  if (fault.code !== "SCSV_QUERY_FAILED") return fault;
  const stated = isCodedError(error) ? ` (${error.code})` : "";
  const message = `No connection to the database can be made.${stated}`;
  return new StreamCsvError("SCSV_DATABASE_REFUSED", message, { cause: error });
}

/**
 * A fault of the database as a client may read it: neither SQL nor values are in the message, nor the database's own words,
 * which may quote both. Those stay in `cause`, for the log.
 * @param what the export, for the message
 * @param isOverdue whether the statement had taken as long as it may: a server says why it cancelled one in its own language only
 */
export function databaseFault(error: unknown, what: string, isOverdue = false): StreamCsvError {
  if (error instanceof StreamCsvError) return error;
  const cause = toError(error);
  const state = isCodedError(error) ? error.code : "";
  if (state === "57014")
    return isOverdue || /statement timeout/.test(cause.message)
      ? statementTimedOut(cause, what)
      : cancelled(cause, what);
  const rule = rules.find(
    ({ matches, words }) => matches.test(state) && words?.test(cause.message) !== false,
  );
  if (rule !== undefined)
    return new StreamCsvError(rule.code, `${rule.message} (${state})`, {
      cause,
      ...(rule.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: rule.retryAfterSeconds }),
      ...(rule.hint === undefined ? {} : { hint: rule.hint }),
    });
  if (state === "" && /terminated|timeout|closed/i.test(cause.message))
    return new StreamCsvError("SCSV_DATABASE_UNAVAILABLE", "The connection to the database was lost.", {
      cause,
      retryAfterSeconds: 5,
    });
  const stated = state === "" ? "" : ` (SQLSTATE ${state})`;
  const hint = hints[state];
  return new StreamCsvError("SCSV_QUERY_FAILED", `The query of ${what} failed in the database${stated}.`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/**
 * The line of a parameter: its number, and its value or, at the very end, none. No line that quotes a text or a statement, or lists
 * what stands behind a colon.
 */
const parameterLine = /^[^\n$:\uFF1A"„«»]*\$(\d+)(?: = |(?![^]))/m;

/**
 * The fault of a value that the database can't take for the type which the statement gives its parameter, such as a label that an enum
 * doesn't have, or a text that isn't the JSON path it is taken for. The client can correct it. undefined for every other error.
 *
 * PostgreSQL says the parameter in the context of an error of Bind, from version 14 on; only `$`, its number and the value are the same in
 * all languages. In front of it may stand what is wrong within the value, as the line of a JSON. With `log_parameter_max_length_on_error`
 * the context of every other error lists all parameters, behind a colon.
 * A type may state what it likes of its values: that of text search 42601, those of PostGIS XX000.
 * @param error of a statement whose values aren't bound yet: later, the same words may be of its rows
 * @param parameters their names, in the order of their numbers
 */
export function valueFault(error: unknown, parameters: readonly string[]): StreamCsvError | undefined {
  if (!isCodedError(error)) return undefined;
  const { where } = error as { readonly where?: unknown };
  const [, place] = (typeof where === "string" && parameterLine.exec(where)) || [];
  const parameter = parameters[Number(place) - 1];
  return parameter === undefined ? undefined : wrongValue(parameter, error);
}

/** The fault of the value of a parameter. @param error the database's */
export function wrongValue(parameter: string, error: Error & { readonly code: string }): StreamCsvError {
  return new StreamCsvError(
    "SCSV_BAD_PARAMETER",
    `Parameter "${parameter}": its type in the database doesn't allow this value (SQLSTATE ${error.code}).`,
    { parameter, cause: error, hint: "Use a value that the column it is compared with may have." },
  );
}

/** The fault of the value of a parameter that a setting has. @param error the database's */
export function wrongSetting(
  parameter: string,
  setting: string,
  error: Error & { readonly code: string },
): StreamCsvError {
  return new StreamCsvError(
    "SCSV_BAD_PARAMETER",
    `Parameter "${parameter}": the setting "${setting}" of the database doesn't allow this value (SQLSTATE ${error.code}).`,
    { parameter, cause: error, hint: "Use a value that the setting may have." },
  );
}

/** The fault of a statement that takes longer than it may. @param what the export, for the message */
export function statementTimedOut(cause: Error, what: string): StreamCsvError {
  return new StreamCsvError("SCSV_QUERY_TIMEOUT", `The query of ${what} took longer than its time-out.`, {
    cause,
  });
}

function cancelled(cause: Error, what: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_DATABASE_UNAVAILABLE",
    `The query of ${what} was cancelled in the database.`,
    { cause, retryAfterSeconds: 10 },
  );
}
