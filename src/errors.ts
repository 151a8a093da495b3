// Long because it is a catalog: every run-time fault with its meaning and remedy, and the classes that carry them.

import { types } from "node:util";

/** One fault in the catalog; the table in docs/reference/errors.md is generated from it. */
interface FaultEntry {
  /** What happened, in one sentence for the reader of a log. */
  readonly meaning: string;
  /** What the reader of the message can do. */
  readonly remedy: string;
  /** HTTP status if the fault occurs before the first byte of a body; 500 if none is given. */
  readonly status?: number;
}

/** Keeps the codes in the type of the table and leaves its sentences out, so that declarations list only codes. */
function byCode<C extends string>(entries: Readonly<Record<C, FaultEntry>>): Readonly<Record<C, FaultEntry>> {
  return entries;
}

/** Every run-time fault of stream-csv, by its stable code. */
export const faultCatalog = byCode({
  SCSV_BAD_HEADER: {
    meaning:
      "A header name, header value, reason phrase or cookie contains a character that HTTP doesn't allow there.",
    remedy: "Remove line breaks, NUL and other control characters before setting it.",
  },
  SCSV_NOT_WRITABLE: {
    meaning: "A call of write(), writeLines() or tell() on a response that is not writable.",
    remedy: "Give a streaming response an iterator as its body, or use HttpResponse.",
  },
  SCSV_BODY_LENGTH: {
    meaning: "A body had more or fewer bytes than its Content-Length; the connection was cut.",
    remedy: "Leave Content-Length out, or make it the exact number of bytes.",
  },
  SCSV_FILE_CHANGED: {
    meaning: "A file changed while it was being sent; the connection was cut.",
    remedy: "To replace a file, write a new one next to it and rename it, instead of changing it in place.",
  },
  SCSV_CLIENT_TOO_SLOW: {
    meaning: "The client read more slowly than the minimum rate, or nothing within the idle time-out.",
    remedy: "Lower the minimum rate, raise the idle time-out, or send a prepared file to such clients.",
  },
  SCSV_CANCELLED: {
    meaning: "The transfer was cancelled before it was complete.",
    remedy: "Request the export again.",
    status: 503,
  },
  SCSV_INVALID_DATE: {
    meaning: "A cell contains an invalid date, which can't be written as text.",
    remedy: "Use null or a valid date instead.",
  },
  SCSV_NON_FINITE: {
    meaning: "A cell contains NaN or an infinity, which most CSV readers can't read.",
    remedy: 'Set nonFinite to "text" or "null", or use null instead.',
  },
  SCSV_FORMULA: {
    meaning: 'A cell or header begins like a formula, and the dialect has formulas: "reject".',
    remedy: 'Set formulas to "escape" or "allow", or change the text.',
  },
  SCSV_NO_TEXT: {
    meaning:
      "A cell contains a value that has no text: an object that contains itself, one whose JSON would be empty, such as a Set, an error or a promise, bytes whose hexadecimal digits are more than a string can hold (256 MiB), or, in the dialect postgres, text with a NUL.",
    remedy: "Use text, a number, an array or a plain object instead, and for a NUL another dialect.",
  },
  SCSV_ROW_SHAPE: {
    meaning:
      "A row is neither an array nor an object, is bytes or a source, is a promise, a Map or a date without one of the columns as a property, or is an array with more cells than there are columns.",
    remedy: "Yield one array or object per row, or name every column.",
  },
  SCSV_SOURCE_NOT_FOUND: {
    meaning: "A source file doesn't exist or can't be read.",
    remedy: "Check the path and its permissions.",
  },
  SCSV_SOURCE_UNSUPPORTED: {
    meaning: "The name of a source doesn't show its file type.",
    remedy:
      "Use a file that ends in .parquet, .csv, .tsv, .json, .ndjson, .jsonl, .duckdb, .sqlite, .sqlite3 or .db; text files may be compressed and end in .gz or .zst.",
  },
  SCSV_SOURCE_UNREADABLE: {
    meaning: "A source file doesn't have the format of its name, or is damaged.",
    remedy: "Check the file with the tool that wrote it.",
  },
  SCSV_SOURCE_CHANGED: {
    meaning:
      "A source file was written to or replaced while it was read, so its rows may be mixed, or a query has other columns than before.",
    remedy:
      "Try again. To replace a file, write a new one next to it and rename it, instead of changing it in place.",
    status: 503,
  },
  SCSV_SOURCE_LOCKED: {
    meaning: "Another process has locked a DuckDB or SQLite database for writing, so it can't be read.",
    remedy: "Wait until that process has finished or closed the database, or serve a copy of the file.",
    status: 503,
  },
  SCSV_DUCKDB_MISSING: {
    meaning:
      "Reading Parquet and DuckDB files needs the optional package @duckdb/node-api, which isn't installed.",
    remedy: "Run: npm install @duckdb/node-api",
  },
  SCSV_SQLITE_MISSING: {
    meaning: "Reading SQLite files needs the optional package better-sqlite3, which isn't installed.",
    remedy: "Run: npm install better-sqlite3",
  },
  SCSV_POSTGRES_MISSING: {
    meaning: "Reading from PostgreSQL needs the optional package pg, which isn't installed.",
    remedy: "Run: npm install pg",
  },
  SCSV_DATABASE_UNAVAILABLE: {
    meaning: "A database can't be reached, has no room for the query, or ended it for reasons of its own.",
    remedy: "Try again after the seconds in Retry-After; the log has the database's own words.",
    status: 503,
  },
  SCSV_DATABASE_REFUSED: {
    meaning:
      "A database refuses the server's connections: a wrong user or password, no such database, or a certificate that isn't trusted.",
    remedy: "Correct the URL of the database in the configuration; the log has the database's own words.",
    status: 500,
  },
  SCSV_QUERY_TIMEOUT: {
    meaning: "A query took longer than the time-out of its database in the configuration.",
    remedy: "Ask for fewer rows, or raise statementTimeout.",
    status: 504,
  },
  SCSV_QUERY_FAILED: {
    meaning: "A query failed in its database; the log has the database's own words and its SQLSTATE.",
    remedy: "Run the query by hand with the same parameters.",
    status: 500,
  },
  SCSV_DUPLICATE_EXPORT: {
    meaning: "Two sources would have the same name.",
    remedy: "Give one of them another name: serve NAME=FILE.",
  },
  SCSV_UNAUTHORIZED: {
    meaning: "The request needs a token, and has none that is valid.",
    remedy: "Send Authorization: Bearer with a token of this server, or ask for a signed link.",
    status: 401,
  },
  SCSV_FORBIDDEN: {
    meaning: "The token or link is valid, but not for this request.",
    remedy: "Use a token that may do this; one with admin: true sees all numbers and transfers.",
    status: 403,
  },
  SCSV_TRACING_MISSING: {
    meaning: "Tracing needs the optional package @opentelemetry/api, which isn't installed.",
    remedy: "Run: npm install @opentelemetry/api",
  },
  SCSV_JWT_MISSING: {
    meaning: "Checking JWTs needs the optional package jose, which isn't installed.",
    remedy: "Run: npm install jose",
  },
  SCSV_KEYS_UNAVAILABLE: {
    meaning: "The keys of JWTs can't be fetched, so that no JWT can be checked.",
    remedy: "Try again after the seconds in Retry-After; the log has the reason.",
    status: 503,
  },
  SCSV_LINK_INVALID: {
    meaning: "A signed link was changed, has expired, or was signed with an unknown key.",
    remedy: "Ask the application that made the link for a new one.",
    status: 403,
  },
  SCSV_BOUND_PARAMETER: {
    meaning: "A request gives a parameter whose value its token decides.",
    remedy: "Leave the parameter out.",
    status: 403,
  },
  SCSV_CROSS_SITE: {
    meaning: "A page of another site made a request that would change something.",
    remedy:
      "Make the request from a page of this server, or from a program. A proxy must pass the Host of the client on, or both hosts must be in --allowed-hosts.",
    status: 403,
  },
  SCSV_HOST_NOT_ALLOWED: {
    meaning: "The Host of the request isn't a name of this server.",
    remedy: "Use one of its own names, or start the server with --allowed-hosts.",
    status: 421,
  },
  SCSV_TOKEN_LIMIT: {
    meaning: "All slots of a token are taken, or it has started as many exports as its rate allows.",
    remedy: "Try again after the seconds in Retry-After, or raise slots or rate of the token.",
    status: 429,
  },
  SCSV_TOO_MANY_CONNECTIONS: {
    meaning: "This client address has reached its limit of open connections.",
    remedy: "Use open connections for more requests, or raise connectionsPerAddress.",
    status: 429,
  },
  SCSV_TLS_UNUSABLE: {
    meaning: "The files of --tls-cert and --tls-key can't be read, or don't belong together.",
    remedy: "Name a chain of certificates and its private key, both in PEM.",
  },
  SCSV_UNKNOWN_EXPORT: {
    meaning: "No export has that name.",
    remedy: "GET /exports lists the names.",
    status: 404,
  },
  SCSV_UNKNOWN_TRANSFER: {
    meaning: "No transfer has that id, or it ended so long ago that its record was removed.",
    remedy: "GET /transfers lists the known ones.",
    status: 404,
  },
  SCSV_TRANSFER_ENDED: {
    meaning: "The transfer has already ended, so it can't be cancelled.",
    remedy: "GET /transfers/{id} shows how it ended.",
    status: 409,
  },
  SCSV_UNKNOWN_JOB: {
    meaning: "No job has that id, or it ended so long ago that its record was removed.",
    remedy: "GET /jobs lists the known ones.",
    status: 404,
  },
  SCSV_JOB_ENDED: {
    meaning: "The job has already ended, so it can't be cancelled.",
    remedy: "GET /jobs/{id} shows how it ended.",
    status: 409,
  },
  SCSV_JOB_UNFINISHED: {
    meaning: "The result of a job was asked for before the job had ended.",
    remedy: "GET /jobs/{id} shows the progress; ask again after the seconds in Retry-After.",
    status: 409,
  },
  SCSV_JOB_GONE: {
    meaning: "The job was cancelled, or its result has expired.",
    remedy: "Submit the job again.",
    status: 410,
  },
  SCSV_JOB_RESULT_LOST: {
    meaning: "Somebody removed or changed the result of a job.",
    remedy: "Submit the job again.",
    status: 410,
  },
  SCSV_JOB_STOPPED: {
    meaning: "The server stopped, or died, while the job ran.",
    remedy: "Submit the job again.",
    status: 503,
  },
  SCSV_JOB_QUEUE_FULL: {
    meaning: "The queue of jobs is full.",
    remedy: "Try again after the seconds in Retry-After, or raise queue or concurrency of the jobs.",
    status: 503,
  },
  SCSV_STORE_UNAVAILABLE: {
    meaning: "The store of jobs' results can't be reached, or refuses a request.",
    remedy: "Try again later; the log has the store's own words.",
    status: 503,
  },
  SCSV_ENGINE_UNAVAILABLE: {
    meaning: "The Redis that keeps the jobs can't be reached.",
    remedy: "Try again after the seconds in Retry-After; running transfers go on.",
    status: 503,
  },
  SCSV_STORE_MISSING: {
    meaning: "A store of S3 needs optional packages, which aren't installed.",
    remedy: "Run: npm install @aws-sdk/client-s3 @aws-sdk/s3-request-presigner",
  },
  SCSV_ENGINE_MISSING: {
    meaning: "Jobs on Redis need the optional packages bullmq and ioredis, which aren't installed.",
    remedy: "Run: npm install bullmq ioredis",
  },
  SCSV_NOT_FOUND: {
    meaning: "There is nothing at that path.",
    remedy: "GET / lists the paths.",
    status: 404,
  },
  SCSV_METHOD_NOT_ALLOWED: {
    meaning: "That path doesn't support that method.",
    remedy: "Use one of the methods in the Allow header.",
    status: 405,
  },
  SCSV_BAD_REQUEST: {
    meaning: "The request is not valid HTTP.",
    remedy: "Check the request line and the percent-encoding of the path.",
    status: 400,
  },
  SCSV_HEAD_TOO_LARGE: {
    meaning: "The head of a request is larger, or has more header fields, than the server accepts.",
    remedy: "Send fewer or shorter headers, including cookies.",
    status: 431,
  },
  SCSV_TARGET_TOO_LONG: {
    meaning: "The path and query of a request are longer than the server accepts.",
    remedy: "Shorten the query.",
    status: 414,
  },
  SCSV_BODY_TOO_LARGE: {
    meaning:
      "A request has a body that is too large or of unknown length. Only forms of the page, which download an export, need one.",
    remedy: "Send the request without a body.",
    status: 413,
  },
  SCSV_REQUEST_TIMEOUT: {
    meaning: "A request didn't arrive completely within the server's time limit.",
    remedy: "Open a connection only when there is a request to send.",
    status: 408,
  },
  SCSV_METHOD_UNKNOWN: {
    meaning: "The server doesn't support that method on any path.",
    remedy: "Use GET, HEAD, POST or DELETE.",
    status: 501,
  },
  SCSV_PRECONDITION_FAILED: {
    meaning: "If-Match or If-Unmodified-Since doesn't match the current text.",
    remedy: "Repeat the request without the condition, and use the new ETag.",
    status: 412,
  },
  SCSV_RANGE_NOT_SATISFIABLE: {
    meaning: "The requested range begins after the end of the file.",
    remedy: "Content-Range shows the size of the file.",
    status: 416,
  },
  SCSV_BAD_PARAMETER: {
    meaning: "A parameter is unknown, repeated, or has a value that isn't allowed.",
    remedy: "Use what the message says is allowed.",
    status: 400,
  },
  SCSV_BAD_SETTING: {
    meaning: "A setting of the configuration can't be used.",
    remedy: "Use what the message says is allowed; stream-csv check tries the whole configuration.",
  },
  SCSV_BUFFER_MEMORY: {
    meaning: "A buffered body doesn't fit into the memory limit of all buffered bodies.",
    remedy: "Use delivery=streaming or delivery=file, or raise --buffer-memory.",
    status: 413,
  },
  SCSV_SPOOL_SIZE: {
    meaning: "A prepared file doesn't fit into the spool, or is larger than a file may be there.",
    remedy: "Use delivery=streaming, or raise --spool-size.",
    status: 413,
  },
  SCSV_SPOOL_FULL: {
    meaning: "The disk of the prepared files is full, and removing unused files freed too little space.",
    remedy: "Use delivery=streaming, or free space on the disk.",
    status: 507,
  },
  SCSV_SPOOL_UNUSABLE: {
    meaning: "The folder of prepared files can't be created, read or written to, or another server uses it.",
    remedy: "Name a writable folder with --spool-dir, a separate one for each server.",
    status: 503,
  },
  SCSV_BUSY: {
    meaning:
      "All slots for exports, or all connections to a database, are taken and the queue is full or the wait was too long, or the server has run out of memory, processes or file descriptors.",
    remedy: "Try again after the seconds in Retry-After, or raise --slots or --workers.",
    status: 503,
  },
  SCSV_DRAINING: {
    meaning: "The server is shutting down and takes no new exports.",
    remedy: "Try again after the seconds in Retry-After.",
    status: 503,
  },
  SCSV_PORT_UNAVAILABLE: {
    meaning: "The server can't listen on the given address and port.",
    remedy: "Choose another port, or --port 0 for any free port.",
  },
  SCSV_WORKER_FAILED: {
    meaning: "A worker process couldn't start, or died.",
    remedy: "The log says why.",
  },
  SCSV_INTERNAL: {
    meaning: "Something failed unexpectedly; the log has the details.",
    remedy: "Report it, with the log line of the transfer or request id.",
    status: 500,
  },
  SCSV_VERSION_UNAVAILABLE: {
    meaning: "The version to compare with can't be checked out or built.",
    remedy:
      "Check the name after git: (a shallow clone must fetch it first), and that this version builds on its own.",
  },
  SCSV_TARGET_NOT_READY: {
    meaning: "A server to measure didn't become ready.",
    remedy: "Start it by hand to see why; the message quotes its last lines.",
  },
  SCSV_MEASUREMENT_INVALID: {
    meaning: "The measurements can't be trusted, so no number is reported.",
    remedy: "The message says which check failed.",
  },
  SCSV_BAD_RESULT: {
    meaning: "A result file can't be read, or doesn't have the format of a result.",
    remedy: "Create a new one with: stream-csv bench -o json=FILE",
  },
});

/** The stable code of a fault. */
export type FaultCode = keyof typeof faultCatalog;

/** Where a fault happened and what to do; each is present if known. */
export interface FaultDetails {
  readonly cause?: unknown;
  /** Row of the data, counted from 1 without the header. */
  readonly row?: number;
  readonly column?: string;
  /** The parameter, flag or configuration field that caused the fault. */
  readonly parameter?: string;
  /** What to do, if more exact than the catalog's remedy. */
  readonly hint?: string;
  /** Seconds after which to try again. */
  readonly retryAfterSeconds?: number;
}

/** The types of the details that are not passed on unchanged. */
const detailTypes = {
  row: "number",
  column: "string",
  parameter: "string",
  hint: "string",
  retryAfterSeconds: "number",
} as const satisfies Record<Exclude<keyof FaultDetails, "cause">, string>;

/**
 * A fault at run time: `code` is stable, `message` a whole sentence that names the thing and quotes the value.
 * Wrong arguments are native `TypeError` and `RangeError` with a `code` instead.
 * @example
 * ```js
 * import { openSource, StreamCsvError } from "stream-csv";
 *
 * const error = await openSource("no-such-file.csv").catch((caught) => caught);
 * console.log(error instanceof StreamCsvError, error.code);
 * ```
 *
 * ```text
 * true SCSV_SOURCE_NOT_FOUND
 * ```
 */
export class StreamCsvError extends Error {
  override readonly name: string = "StreamCsvError";
  readonly code: FaultCode;
  readonly hint: string;
  readonly row?: number;
  readonly column?: string;
  readonly parameter?: string;
  readonly retryAfterSeconds?: number;

  constructor(code: FaultCode, message: string, details: FaultDetails = {}) {
    if (!Object.hasOwn(faultCatalog, code))
      throw wrongRange(`${textOf(code)} is not the code of a fault; docs/reference/errors.md lists them.`);
    if (typeof message !== "string") throw wrongType(`A message is text, not ${textOf(message)}.`);
    if (typeof details !== "object" || details === null)
      throw wrongType(`The details of a fault are an object, not ${textOf(details)}.`);
    for (const [name, type] of Object.entries(detailTypes)) {
      const detail: unknown = Reflect.get(details, name);
      if (detail !== undefined && typeof detail !== type)
        throw wrongType(`${name} of a fault is a ${type}, not ${textOf(detail)}.`);
    }
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.hint = details.hint ?? faultCatalog[code].remedy;
    if (details.row !== undefined) this.row = details.row;
    if (details.column !== undefined) this.column = details.column;
    if (details.parameter !== undefined) this.parameter = details.parameter;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** HTTP status of this fault before the first byte of a body. */
  get status(): number {
    const entry: FaultEntry = faultCatalog[this.code];
    return entry.status ?? 500;
  }
}

/**
 * A header, reason phrase or cookie that HTTP doesn't allow (RFC 9110, section 5.5); thrown at the call that sets it.
 * @example
 * ```js
 * import { BadHeaderError, HttpResponse } from "stream-csv";
 *
 * try {
 *   new HttpResponse().headers.set("X-Name", "two\nlines");
 * } catch (error) {
 *   console.log(error instanceof BadHeaderError, error.code);
 * }
 * ```
 *
 * ```text
 * true SCSV_BAD_HEADER
 * ```
 */
export class BadHeaderError extends StreamCsvError {
  override readonly name = "BadHeaderError";
  constructor(message: string, details: FaultDetails = {}) {
    super("SCSV_BAD_HEADER", message, details);
  }
}

/**
 * `write()`, `writeLines()` or `tell()` on a response that isn't writable; the message names the class.
 * @example
 * ```js
 * import { NotWritableError, StreamingHttpResponse } from "stream-csv";
 *
 * try {
 *   new StreamingHttpResponse().write("late");
 * } catch (error) {
 *   console.log(error instanceof NotWritableError, error.code);
 * }
 * ```
 *
 * ```text
 * true SCSV_NOT_WRITABLE
 * ```
 */
export class NotWritableError extends StreamCsvError {
  override readonly name = "NotWritableError";
  constructor(className: string, method: string) {
    for (const name of [className, method])
      if (typeof name !== "string")
        throw wrongType(`NotWritableError takes the names of a class and a method, not ${textOf(name)}.`);
    super(
      "SCSV_NOT_WRITABLE",
      `${className} has no ${method}(): its body comes from an iterator. Assign streamingContent, or use HttpResponse.`,
    );
  }
}

/** An error with a stable code, as Node's own errors have. */
export type CodedError<E extends Error> = E & { readonly code: string };

/** A `TypeError` for an argument of the wrong type; `message` names the argument and quotes the value. */
export function wrongType(message: string): CodedError<TypeError> {
  return Object.assign(new TypeError(message), { code: "SCSV_ARG_TYPE" });
}

/** A `RangeError` for an argument outside the allowed range; `message` names the argument and quotes the value. */
export function wrongRange(message: string): CodedError<RangeError> {
  return Object.assign(new RangeError(message), { code: "SCSV_ARG_RANGE" });
}

/** Whether a value is an error with a `code`, like those of Node, DuckDB and this package. */
export function isCodedError(value: unknown): value is CodedError<Error> {
  return isError(value) && "code" in value && typeof value.code === "string";
}

/** What was thrown, as text for a message. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message : String(thrown);
}

/** Converts any thrown value to an `Error`, so that it can be logged and kept. Never throws itself. */
export function toError(value: unknown): Error {
  return isError(value)
    ? value
    : new Error(`a value that is not an Error was thrown: ${textOf(value)}`, { cause: value });
}

/** Whether a value is an error, of whatever realm: a test runner and `node:vm` have classes of their own. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** Any value as text for a message. Never throws. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without a prototype has no text, and a toString may throw.
    return `an ${typeof value} without text`;
  }
}
