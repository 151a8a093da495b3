// Long because it is a catalogue: every fault of run time with what it means and what to do, and the classes that carry them.

/** What the catalogue knows of a fault; the table in docs/reference/errors.md is generated from it. */
interface FaultEntry {
  /** What happened, in one sentence for the reader of a log. */
  readonly meaning: string;
  /** What the person who meets it can do. */
  readonly remedy: string;
  /** HTTP status when the fault is met before the first byte of a body; 500 where none is given. */
  readonly status?: number;
}

/** Every fault of run time that stream-csv can raise, by its stable code. */
export const faultCatalogue = {
  SCSV_BAD_HEADER: {
    meaning:
      "A header name, header value, reason phrase or cookie holds a character HTTP doesn't allow there.",
    remedy: "Remove line breaks, NUL and other control characters before setting it.",
  },
  SCSV_NOT_WRITABLE: {
    meaning: "A call of write(), writeLines() or tell() on a response that is not writable.",
    remedy: "Give a streaming response an iterator as its body, or use HttpResponse.",
  },
  SCSV_BODY_LENGTH: {
    meaning: "A body gave more or fewer bytes than its Content-Length promised; the connection was cut.",
    remedy: "Leave Content-Length out, or make it the exact number of bytes.",
  },
  SCSV_FILE_CHANGED: {
    meaning: "A file shrank or was replaced while it was being sent; the connection was cut.",
    remedy: "Write a new file beside the old one and rename it, instead of changing a file in place.",
  },
  SCSV_CLIENT_TOO_SLOW: {
    meaning: "The client read slower than the minimum rate, or nothing at all for the idle time-out.",
    remedy: "Lower the minimum rate, raise the idle time-out, or send such clients a prepared file.",
  },
  SCSV_CANCELLED: {
    meaning: "The transfer was cancelled before it was complete.",
    remedy: "Ask for the export again.",
    status: 503,
  },
  SCSV_INVALID_DATE: {
    meaning: "A cell holds an invalid date, which has no text.",
    remedy: "Put null there, or a valid date.",
  },
  SCSV_NON_FINITE: {
    meaning: "A cell holds NaN or an infinity, which most readers of CSV can't read.",
    remedy: 'Set nonFinite to "text" or "null", or put null there.',
  },
  SCSV_FORMULA: {
    meaning: 'A cell or header begins like a formula, and the dialect says formulas: "reject".',
    remedy: 'Set formulas to "escape" or "allow", or change the text.',
  },
  SCSV_NO_TEXT: {
    meaning:
      "A cell holds a value that can't be written as JSON: an object that contains itself, or one that JSON would leave empty, such as a Set, an error or a promise.",
    remedy: "Use text, a number, an array or a plain object there.",
  },
  SCSV_ROW_SHAPE: {
    meaning:
      "A row is neither an array nor an object, or is a promise, or an array with more cells than there are columns.",
    remedy: "Yield one array or object per row, or name every column.",
  },
  SCSV_SOURCE_NOT_FOUND: {
    meaning: "A source file doesn't exist or can't be read.",
    remedy: "Check the path and its permissions.",
  },
  SCSV_SOURCE_UNSUPPORTED: {
    meaning: "The kind of a source can't be told from its name.",
    remedy:
      "Use a file that ends in .parquet, .csv, .tsv, .json, .ndjson, .jsonl or .duckdb; text may have .gz or .zst behind that.",
  },
  SCSV_SOURCE_UNREADABLE: {
    meaning: "A source file isn't what its name says, or is damaged.",
    remedy: "Check the file with the tool that wrote it.",
  },
  SCSV_SOURCE_CHANGED: {
    meaning: "A source file was written to or replaced while it was read, so its rows may be a mixture.",
    remedy:
      "Ask again; write a new file beside the old one and rename it, instead of changing a file in place.",
    status: 503,
  },
  SCSV_SOURCE_LOCKED: {
    meaning: "Another process has a DuckDB database open for writing, so it can't be read.",
    remedy: "Wait until that process has closed the database, or serve a copy of the file.",
    status: 503,
  },
  SCSV_DUCKDB_MISSING: {
    meaning:
      "Reading Parquet and DuckDB files needs the optional package @duckdb/node-api, which isn't installed.",
    remedy: "Run: npm install @duckdb/node-api",
  },
  SCSV_DUPLICATE_EXPORT: {
    meaning: "Two sources would be served under one name.",
    remedy: "Give one of them another name: serve NAME=FILE.",
  },
  SCSV_UNKNOWN_EXPORT: {
    meaning: "No export has that name.",
    remedy: "GET /exports lists the names.",
    status: 404,
  },
  SCSV_UNKNOWN_TRANSFER: {
    meaning: "No transfer has that id, or it ended so long ago that it is forgotten.",
    remedy: "GET /transfers lists those that are known.",
    status: 404,
  },
  SCSV_TRANSFER_ENDED: {
    meaning: "The transfer has already ended, so it can't be cancelled.",
    remedy: "GET /transfers/{id} tells how it ended.",
    status: 409,
  },
  SCSV_NOT_FOUND: {
    meaning: "There is nothing at that path.",
    remedy: "GET / tells which paths there are.",
    status: 404,
  },
  SCSV_METHOD_NOT_ALLOWED: {
    meaning: "That path doesn't answer to that method.",
    remedy: "Use one of the methods in the Allow header.",
    status: 405,
  },
  SCSV_BAD_REQUEST: {
    meaning: "The request can't be understood as HTTP.",
    remedy: "Check the request line and the percent-encoding of the path.",
    status: 400,
  },
  SCSV_HEAD_TOO_LARGE: {
    meaning: "The head of a request is larger, or has more header fields, than the server reads.",
    remedy: "Send fewer or shorter headers, cookies among them.",
    status: 431,
  },
  SCSV_TARGET_TOO_LONG: {
    meaning: "The path and query of a request are longer than the server reads.",
    remedy: "Shorten the query.",
    status: 414,
  },
  SCSV_BODY_TOO_LARGE: {
    meaning:
      "A request came with a body; nothing here needs one, and only a small one of known length is put up with.",
    remedy: "Send the request without a body.",
    status: 413,
  },
  SCSV_REQUEST_TIMEOUT: {
    meaning: "A request didn't arrive whole within the time the server waits for one.",
    remedy: "Open the connection only when there is a request to send.",
    status: 408,
  },
  SCSV_METHOD_UNKNOWN: {
    meaning: "The server knows no such method, at any path.",
    remedy: "Use GET, HEAD or DELETE.",
    status: 501,
  },
  SCSV_PRECONDITION_FAILED: {
    meaning: "If-Match or If-Unmodified-Since asks for another state of the text than there is.",
    remedy: "Ask again without the condition, and take the new ETag.",
    status: 412,
  },
  SCSV_RANGE_NOT_SATISFIABLE: {
    meaning: "The range that was asked for begins behind the end of the file.",
    remedy: "Content-Range tells how many bytes there are.",
    status: 416,
  },
  SCSV_BAD_PARAMETER: {
    meaning: "A parameter is unknown, repeated, or has a value that isn't allowed.",
    remedy: "Use what the message says is allowed.",
    status: 400,
  },
  SCSV_BUFFER_MEMORY: {
    meaning: "A buffered body doesn't fit into the memory all buffered bodies may take together.",
    remedy: "Ask with delivery=streaming or delivery=file, or raise --buffer-memory.",
    status: 413,
  },
  SCSV_SPOOL_SIZE: {
    meaning: "A prepared file doesn't fit into the spool.",
    remedy: "Ask with delivery=streaming, or raise --spool-size.",
    status: 413,
  },
  SCSV_SPOOL_FULL: {
    meaning:
      "The disk of the prepared files is full, and giving up those that nobody reads made too little room.",
    remedy: "Ask with delivery=streaming, or make room on the disk.",
    status: 507,
  },
  SCSV_SPOOL_UNUSABLE: {
    meaning: "The folder of prepared files can't be made, read or written to, or another server has it.",
    remedy: "Name a folder that can be written to with --spool-dir, and give each server one of its own.",
    status: 503,
  },
  SCSV_BUSY: {
    meaning:
      "All slots for exports are taken and the queue is full or the wait was too long, or memory or file descriptors for reading files have run out.",
    remedy: "Try again after the seconds in Retry-After, or raise --slots or --workers.",
    status: 503,
  },
  SCSV_DRAINING: {
    meaning: "The server is shutting down and takes no new exports.",
    remedy: "Try again after the seconds in Retry-After.",
    status: 503,
  },
  SCSV_PORT_UNAVAILABLE: {
    meaning: "The server can't listen on the address and port it was given.",
    remedy: "Choose another port, or --port 0 for any free one.",
  },
  SCSV_WORKER_FAILED: {
    meaning: "A worker process could not start, or died.",
    remedy: "The log says why.",
  },
  SCSV_INTERNAL: {
    meaning: "Something failed that should not; the log has the details.",
    remedy: "Report it, with the log line of the transfer or request id.",
    status: 500,
  },
  SCSV_VERSION_UNAVAILABLE: {
    meaning: "Another version to compare with can't be checked out or built.",
    remedy:
      "Check the name after git: (a shallow clone has to fetch it first), and that this version builds by itself.",
  },
  SCSV_TARGET_NOT_READY: {
    meaning: "A server that was to be measured didn't become ready.",
    remedy: "Start it by hand to see why; its last lines are quoted.",
  },
  SCSV_MEASUREMENT_INVALID: {
    meaning: "What was measured can't be trusted, so no number is given.",
    remedy: "The message says which check failed.",
  },
  SCSV_BAD_RESULT: {
    meaning: "A result file can't be read, or isn't what its format says.",
    remedy: "Write it anew with: stream-csv bench -o json=FILE",
  },
} as const satisfies Record<string, FaultEntry>;

/** The stable code of a fault. */
export type FaultCode = keyof typeof faultCatalogue;

/** Where a fault happened and what to do; each is shown where it is known. */
export interface FaultDetails {
  readonly cause?: unknown;
  /** Row of the data, counted from 1, the header row apart. */
  readonly row?: number;
  readonly column?: string;
  /** The parameter, flag or field of the configuration at fault. */
  readonly parameter?: string;
  /** What to do, when it is more exact than the catalogue's remedy. */
  readonly hint?: string;
  /** When it is worth trying again. */
  readonly retryAfterSeconds?: number;
}

/**
 * A fault at run time: `code` is stable, `message` a whole sentence that names the thing and quotes the value.
 * Wrong arguments are native `TypeError` and `RangeError` instead, see {@link wrongType} and {@link wrongRange}.
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
    if (!Object.hasOwn(faultCatalogue, code))
      throw wrongRange(`${textOf(code)} is not the code of a fault; docs/reference/errors.md lists them.`);
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.hint = details.hint ?? faultCatalogue[code].remedy;
    if (details.row !== undefined) this.row = details.row;
    if (details.column !== undefined) this.column = details.column;
    if (details.parameter !== undefined) this.parameter = details.parameter;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** HTTP status that tells of this fault before the first byte of a body. */
  get status(): number {
    const entry: FaultEntry = faultCatalogue[this.code];
    return entry.status ?? 500;
  }
}

/** A header, reason phrase or cookie that HTTP doesn't allow (RFC 9110, section 5.5); thrown at the call that sets it. */
export class BadHeaderError extends StreamCsvError {
  override readonly name = "BadHeaderError";
  constructor(message: string, details: FaultDetails = {}) {
    super("SCSV_BAD_HEADER", message, details);
  }
}

/** `write()`, `writeLines()` or `tell()` on a response that isn't writable; the message names the class. */
export class NotWritableError extends StreamCsvError {
  override readonly name = "NotWritableError";
  constructor(className: string, method: string) {
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

/** A `RangeError` for an argument outside what is allowed; `message` names the argument and quotes the value. */
export function wrongRange(message: string): CodedError<RangeError> {
  return Object.assign(new RangeError(message), { code: "SCSV_ARG_RANGE" });
}

/**
 * Checks that options are an object that holds nothing but known names: an unknown one is most likely misspelt.
 * @param caller what takes the options, as it is called: `csvChunks()`
 * @throws TypeError `SCSV_ARG_TYPE` for what is not an object; RangeError `SCSV_ARG_RANGE` for an unknown name
 */
export function checkOptionNames(caller: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw wrongType(`The options of ${caller} must be an object, not ${textOf(options)}.`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw wrongRange(`${caller} has no option "${unknown}". It has ${names.join(", ")}.`);
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is text */
export function requireText(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw wrongType(`${name} is text, not ${kindOf(value)}.`);
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is an object that has these fields */
export function requireObject(name: string, value: unknown, ...fields: readonly string[]): void {
  if (typeof value !== "object" || value === null)
    throw wrongType(`${name} is an object, not ${kindOf(value)}.`);
  const missing = fields.find((field) => !(field in value));
  if (missing !== undefined)
    throw wrongType(`${name} is an object with the field "${missing}", which is missing.`);
}

/** A value in a message, shortly: objects by their kind, everything else as it is written. */
function kindOf(value: unknown): string {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return textOf(value);
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : "a function";
}

/** Whether a value is an error with a `code`, as Node's, DuckDB's and ours are. */
export function isCodedError(value: unknown): value is CodedError<Error> {
  return value instanceof Error && "code" in value && typeof value.code === "string";
}

/** Any thrown value as an `Error`, so that it can be logged and kept. Never throws itself. */
export function toError(value: unknown): Error {
  return value instanceof Error
    ? value
    : new Error(`a value that is no Error was thrown: ${textOf(value)}`, { cause: value });
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without a prototype has no text, and a toString may throw.
    return `an ${typeof value} without text`;
  }
}
