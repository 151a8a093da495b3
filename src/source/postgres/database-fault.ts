import { isCodedError, StreamCsvError, toError, type FaultCode } from "../../errors.ts";

/** What a client reads, by SQLSTATE (PostgreSQL's manual, appendix A) or the code of a network error. */
interface Rule {
  readonly matches: RegExp;
  readonly code: FaultCode;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly hint?: string;
}

const conflict =
  "The database cancelled the query because it conflicted with replication or another transaction.";

const rules: readonly Rule[] = [
  {
    matches: /^(08|57P0[123]|E[A-Z])/,
    code: "SCSV_DATABASE_UNAVAILABLE",
    message: "The database can't be reached, or is going down or coming up.",
    retryAfterSeconds: 5,
  },
  {
    matches: /^53/,
    code: "SCSV_DATABASE_UNAVAILABLE",
    message: "The database has run out of connections, memory or disk.",
    retryAfterSeconds: 10,
  },
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
 */
export function databaseFault(error: unknown, what: string): StreamCsvError {
  if (error instanceof StreamCsvError) return error;
  const cause = toError(error);
  const state = isCodedError(error) ? error.code : "";
  if (state === "57014") return cancelled(cause, what);
  const rule = rules.find(({ matches }) => matches.test(state));
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
  return new StreamCsvError("SCSV_QUERY_FAILED", `The query of ${what} failed in the database${stated}.`, {
    cause,
  });
}

function cancelled(cause: Error, what: string): StreamCsvError {
  return /statement timeout/.test(cause.message)
    ? new StreamCsvError("SCSV_QUERY_TIMEOUT", `The query of ${what} took longer than its time-out.`, {
        cause,
      })
    : new StreamCsvError("SCSV_DATABASE_UNAVAILABLE", `The query of ${what} was cancelled in the database.`, {
        cause,
        retryAfterSeconds: 10,
      });
}
