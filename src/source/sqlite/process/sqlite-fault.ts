import { isCodedError, StreamCsvError, toError, type FaultCode } from "../../../errors.ts";
import { isInWalMode } from "./open-database.ts";

/** What is said of a result code of SQLite's (https://www.sqlite.org/rescode.html). */
interface Rule {
  readonly matches: RegExp;
  readonly code: FaultCode;
  /** The reason, as the end of a sentence. */
  readonly reason: string;
  readonly hint: string;
  readonly retryAfterSeconds?: number;
}

/** When a fault of what is around the file may have passed: then it isn't kept as one of the file's bytes. */
const surroundingsRetrySeconds = 10;

const checkFile = "Check the file with: sqlite3 FILE 'PRAGMA integrity_check'.";

const rules: readonly Rule[] = [
  {
    matches: /^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/,
    code: "SCSV_SOURCE_LOCKED",
    reason: "another process has locked the database for writing",
    hint: "Wait until that process has committed. In WAL mode (PRAGMA journal_mode = WAL), writers and readers don't block each other.",
    retryAfterSeconds: 5,
  },
  {
    matches: /^SQLITE_NOTADB/,
    code: "SCSV_SOURCE_UNREADABLE",
    reason: "it isn't a SQLite database, or it is encrypted",
    hint: checkFile,
  },
  {
    matches: /^SQLITE_(?:CORRUPT|FORMAT)|^SQLITE_IOERR_SHORT_READ/,
    code: "SCSV_SOURCE_UNREADABLE",
    reason: "it is damaged or incomplete",
    hint: checkFile,
  },
  {
    matches: /^SQLITE_READONLY_(?:ROLLBACK|RECOVERY|CANTLOCK|CANTINIT|DIRECTORY)/,
    code: "SCSV_SOURCE_UNREADABLE",
    reason:
      "a writer ended in the middle of a transaction, which has to be undone, and that needs a writable file and folder",
    hint: "Open the database once with a program that can write to it, such as: sqlite3 FILE .tables",
    retryAfterSeconds: surroundingsRetrySeconds,
  },
  {
    matches: /^SQLITE_TOOBIG/,
    code: "SCSV_SOURCE_UNREADABLE",
    reason: "a value is longer than 512 MiB, the most that can be read",
    hint: "Leave its column out with --columns, or take parts of it with a query: substr(column, 1, 1000000).",
  },
  {
    matches: /^SQLITE_(?:NOMEM|FULL)/,
    code: "SCSV_BUSY",
    reason: "there is no memory, or no room for temporary files, left",
    hint: "Try again later, or sort fewer rows.",
    retryAfterSeconds: 10,
  },
];

/** What is being done, for messages: `subject` such as `Reading "shop.book" failed`. */
export interface FaultContext {
  readonly subject: string;
  readonly path: string;
  /** The code of a fault that no rule is for. */
  readonly otherwise: FaultCode;
  /** Whether SQLite's own words are shown. They may quote the SQL or values. */
  readonly showsWords: boolean;
  readonly hint?: string;
}

/** SQLite says so of a database in WAL mode whose other files are missing, and can't be created. */
const needsFilesBeside = /^SQLITE_READONLY_(?:CANTINIT|DIRECTORY)/;
/** A disk or a network that failed, but for a file that ends too early. */
const mayPass = /^SQLITE_IOERR(?!_SHORT_READ)/;

/** A fault of SQLite, as a client may read it; SQLite's own words stay in `cause`, for the log. */
export function sqliteFault(error: unknown, context: FaultContext): StreamCsvError {
  if (error instanceof StreamCsvError) return error;
  const cause = toError(error);
  const { subject, path, otherwise, showsWords, hint } = context;
  const code = isCodedError(error) ? error.code : "";
  if (code.startsWith("SQLITE_CANTOPEN") || (needsFilesBeside.test(code) && isInWalMode(path)))
    return cantOpen(subject, path, cause);
  const rule = rules.find(({ matches }) => matches.test(code));
  if (rule !== undefined)
    return new StreamCsvError(rule.code, `${subject}: ${rule.reason}.`, {
      cause,
      hint: rule.hint,
      ...(rule.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: rule.retryAfterSeconds }),
    });
  const words = showsWords ? `: ${cause.message.replace(/\.$/, "")}` : code === "" ? "" : ` (${code})`;
  return new StreamCsvError(otherwise, `${subject}${words}.`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(mayPass.test(code) ? { retryAfterSeconds: surroundingsRetrySeconds } : {}),
  });
}

function cantOpen(subject: string, path: string, cause: Error): StreamCsvError {
  return isInWalMode(path)
    ? new StreamCsvError(
        "SCSV_SOURCE_UNREADABLE",
        `${subject}: the database is in WAL mode, which needs the files ${JSON.stringify(`${path}-wal`)} and ${JSON.stringify(`${path}-shm`)} beside it, and they can't be opened or created.`,
        {
          cause,
          retryAfterSeconds: surroundingsRetrySeconds,
          hint: "Let this process write to the folder, or make a copy that isn't in WAL mode: sqlite3 FILE \"VACUUM INTO 'copy.sqlite'\".",
        },
      )
    : new StreamCsvError("SCSV_SOURCE_NOT_FOUND", `${subject}: SQLite can't open the file.`, { cause });
}
