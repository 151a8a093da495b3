import { StreamCsvError, toError, type FaultCode } from "../../errors.ts";

/** A fault of DuckDB's that is recognized by its text, and what is said of it. */
interface KnownFault {
  readonly pattern: RegExp;
  readonly code?: FaultCode;
  /** The reason, as the end of a sentence; given the parts the pattern found. */
  readonly reason: (...parts: readonly string[]) => string;
  readonly hint: string;
  readonly retryAfterSeconds?: number;
}

const writeAgain = "Check the file with the tool that wrote it, or write it again.";

/** From the special to the general: the first one that fits counts. */
const knownFaults: readonly KnownFault[] = [
  {
    pattern: /Could not set lock on file .*?(?:Conflicting lock is held in (.*?) \(PID (\d+)\)|$)/s,
    code: "SCSV_SOURCE_LOCKED",
    reason: (program, pid) =>
      pid === ""
        ? "another process has the database open for writing"
        : `the process ${pid} (${program}) has the database open for writing`,
    hint: "Wait until that process has closed the database, or serve a copy of the file.",
    retryAfterSeconds: 5,
  },
  {
    pattern: /is encrypted|encrypted (?:database|file)|no encryption algorithm is set|without a key/i,
    reason: () => "it is encrypted, and stream-csv has no keys",
    hint: "Write a copy that isn't encrypted.",
  },
  {
    pattern: /not a valid DuckDB database file/,
    reason: () => "it isn't a DuckDB database",
    hint: writeAgain,
  },
  {
    pattern: /trying to read a database file with version number (\d+)/i,
    reason: (version) => `its storage format, version ${version}, isn't one the installed DuckDB reads`,
    hint: "Export the database with the version of DuckDB that wrote it, and import it with a current one.",
  },
  {
    pattern: /No magic bytes found|too small to be a Parquet file/,
    reason: () => "it isn't a Parquet file, or its end is missing",
    hint: writeAgain,
  },
  {
    pattern: /Unsupported compression codec ["']?([^"'.\n]*)/i,
    reason: (codec) => `the compression ${codec.trim()} isn't supported`,
    hint: "Write the file with Zstandard, Snappy, gzip or no compression.",
  },
  {
    pattern: /Unsupported encoding|Unsupported page encoding|BYTE_STREAM_SPLIT/i,
    reason: () => "one of its columns has an encoding that isn't supported",
    hint: "Write the file with the plain or dictionary encoding.",
  },
  {
    pattern: /^Not implemented Error: STRUCT\(\)/,
    reason: () => "one of its columns has a struct without fields, which DuckDB can't read",
    hint: "Write the file without that column, or with a field in the struct.",
  },
  {
    pattern: /Struct remap can only remap named structs/,
    reason: () => "one of its columns has a struct with a field without a name, which DuckDB can't read",
    hint: "Write the file with a name for each field.",
  },
  {
    pattern: /DECIMAL requires a length and scale specifier|Invalid decimal encoding/,
    reason: () => "one of its columns has decimals written in a way DuckDB can't read",
    hint: "Write that column as decimals of at most 38 digits, with a scale, or as text.",
  },
  {
    pattern: /Need at least one non-root column/,
    reason: () => "it has no columns",
    hint: "Write the file with at least one column.",
  },
  {
    pattern: /Invalid string encoding found in Parquet file.*?: value (".*") is not valid UTF8/s,
    reason: (value) =>
      `one of its texts isn't valid UTF-8: ${value.length <= 100 ? value : `${value.slice(0, 100)}…`}`,
    hint: "Write that column's text in UTF-8, or declare the column as bytes.",
  },
  {
    pattern: /MAP_KEY_VALUE requires two children/,
    reason: () => "one of its columns is a map without values, which DuckDB can't read",
    hint: "Write that column as a list of its keys.",
  },
  {
    pattern: /Unexpected type id/,
    reason: () => "one of its columns has a type that the installed @duckdb/node-api doesn't know",
    hint: "Install a newer version of @duckdb/node-api.",
  },
  {
    pattern: /Corrupt database file|checksum|Could not read enough bytes|not enough file contents/i,
    reason: () => "it is damaged or incomplete",
    hint: writeAgain,
  },
  {
    pattern:
      /decompression failure|TProtocolException|Invalid data|don't know what type|Out of buffer|out of range|Could not read from file|INTERNAL Error|FATAL Error/i,
    reason: () => "its contents are damaged, or written in a way the installed DuckDB can't read",
    hint: writeAgain,
  },
  {
    pattern: /Permission Error|file system operations are disabled/,
    reason: () => "it is a view of another file, and only what is in the database itself can be read",
    hint: "Make the view a table.",
  },
  {
    pattern: /Catalog "(.*?)" does not exist/,
    reason: (name) =>
      `it names the database ${JSON.stringify(name)}, as its file was called when the view was made`,
    hint: "Give the file that name again, with the ending .duckdb, or make the view anew.",
  },
];

/** Whether DuckDB had too little memory: not the file's fault, and cured by more. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && /^(?:Out of Memory Error|std::bad_alloc)/.test(error.message);
}

/** Whether a fault before this one, maybe of another file, has made the database unusable. */
export function isInvalidated(error: unknown): boolean {
  return error instanceof Error && error.message.includes("database has been invalidated");
}

/** The fault of a file that can't be opened. */
export function cantBeOpened(path: string, cause: unknown): StreamCsvError {
  if (isOutOfMemory(cause)) return noMemoryFor(`The file ${JSON.stringify(path)}`, cause);
  return faultOf(`The file ${JSON.stringify(path)} can't be opened`, cause);
}

/** The fault of a view whose SELECT can't be read. */
export function viewUnreadable(path: string, name: string, cause: unknown): StreamCsvError {
  if (cause instanceof StreamCsvError) return cause;
  return faultOf(`The view ${JSON.stringify(name)} of ${JSON.stringify(path)} can't be read`, cause);
}

/** The fault of a reading. @param where `""`, or up to where it came */
export function unreadable(name: string, where: string, cause: unknown): StreamCsvError {
  return faultOf(`Reading ${JSON.stringify(name)} failed${where}`, cause);
}

function faultOf(what: string, cause: unknown): StreamCsvError {
  if (cause === undefined) return new StreamCsvError("SCSV_SOURCE_UNREADABLE", `${what}.`);
  const { message } = toError(cause);
  for (const { pattern, code, reason, hint, retryAfterSeconds } of knownFaults) {
    const found = pattern.exec(message);
    if (found === null) continue;
    const words = reason(...found.slice(1).map((part) => part ?? ""));
    return new StreamCsvError(code ?? "SCSV_SOURCE_UNREADABLE", `${what}: ${words}.`, {
      cause,
      hint,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
  return new StreamCsvError("SCSV_SOURCE_UNREADABLE", `${what}: ${reasonOf(cause)}.`, { cause });
}

function noMemoryFor(what: string, cause: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_BUSY", `${what} takes more memory to open than is free.`, {
    cause,
    retryAfterSeconds: 5,
    hint: "Try again when other exports have ended.",
  });
}

const mostLines = 3;
const mostCharacters = 300;

/** Sentences that advise a setting of DuckDB's, which nobody here can change. */
const advice =
  /\b(?:SET|PRAGMA|LOAD|INSTALL|setting|option|parameter|try|consider|instead|possible solutions|did you mean|use)\b/i;

/** What DuckDB says of a failure that isn't known: its first line, without the kind of error and without advice. */
function reasonOf(cause: unknown): string {
  const [message = ""] = toError(cause).message.split(/\n(?:\n|Possible |The search space )/);
  const line = message
    .split("\n")
    .slice(0, mostLines)
    .map((one) => one.replace(/[.!]$/, ""))
    .join(". ");
  const kept = line
    .replace(/^(?:[A-Z][\w ]*? Error|Error):\s*/, "")
    .split(/(?<=[.!?])\s+/)
    .filter((sentence, place) => place === 0 || !advice.test(sentence))
    .join(" ")
    .replace(/[.\s]+$/, "");
  return kept.length > mostCharacters ? `${kept.slice(0, mostCharacters)}…` : kept;
}
