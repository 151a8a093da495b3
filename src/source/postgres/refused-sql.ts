import { StreamCsvError, toError } from "../../errors.ts";
import { databaseFault } from "./database-fault.ts";

/** What PostgreSQL says of an error beside its message (the manual's section 55.8). */
interface ErrorFields {
  readonly code?: string;
  readonly hint?: string;
  /** Where in the statement it stands, in characters from 1. */
  readonly position?: string;
  /** The function of the server that reports it, which has the same name in all languages. */
  readonly routine?: string;
}

/** SQL of an export that its database refuses to describe. */
interface RefusedSql {
  /** The export's name. */
  readonly name: string;
  /** The SQL as it stands in the statement. */
  readonly sql: string;
  /** The statement that was described. */
  readonly text: string;
}

export const noRights = "42501";
/** Also for statements that are built right and mean nothing, such as a UNION of different columns. */
const syntaxError = "42601";

const hints: Readonly<Partial<Record<string, string>>> = {
  [noRights]:
    "Let the role read it (GRANT SELECT ON the table TO the role), or name another role in the URL or as role of the database.",
};

/**
 * The fault of a query that can't be described. Its reader has written the SQL, so it has the database's own words and advice, and
 * the line.
 */
export function refusedSql(error: unknown, { name, sql, text }: RefusedSql): StreamCsvError {
  if (error instanceof StreamCsvError) return error;
  const fault = databaseFault(error, `"${name}"`);
  if (fault.code !== "SCSV_QUERY_FAILED") return fault;
  const { code = "", hint, position, routine } = error as ErrorFields;
  const isUnreadable = code === syntaxError && (routine === undefined || routine === "scanner_yyerror");
  const place = placeOf(Number(position), sql, text);
  const words =
    isUnreadable && place === "behind"
      ? "its end is missing"
      : `${toError(error).message.replace(/\.$/, "")}${typeof place === "number" ? `, in its line ${place}` : ""}`;
  const advice = isUnreadable
    ? "It must be one SELECT, VALUES, TABLE or WITH statement with no semicolon but at its end."
    : (hints[code] ?? hint ?? "Correct it, or what it reads; it is the database that refuses it.");
  const stated = code === "" ? "" : ` (SQLSTATE ${code})`;
  return new StreamCsvError("SCSV_QUERY_FAILED", `The SQL of "${name}" can't be used: ${words}${stated}.`, {
    cause: error,
    hint: advice,
  });
}

/** The line of the SQL that a position in the statement is in; undefined where there is one line, or no position. */
function placeOf(position: number, sql: string, text: string): number | "behind" | undefined {
  if (!(position > 0)) return undefined;
  // A character is one of Unicode, which may take two places of a string.
  const at = Array.from(text)
    .slice(0, position - 1)
    .join("").length;
  const start = text.indexOf(sql);
  if (at < start) return undefined;
  if (at >= start + sql.trimEnd().length) return "behind";
  const [lines, line] = [sql, text.slice(start, at)].map((part) => part.split("\n").length);
  return lines === 1 ? undefined : line;
}
