import { closeSync, openSync, readSync, statSync } from "node:fs";
import type Database from "better-sqlite3";
import { isCodedError, StreamCsvError, toError } from "../../../errors.ts";
import { foreignKind, signatureBytes } from "../../foreign-kind.ts";

/** How long a reading waits for a writer, in milliseconds. */
const busyTimeoutMs = 5000;

/** Where a file that isn't in WAL mode has 1, and one that is has 2 (the file format's "read version"). */
const readVersionAt = 19;

/** Loads better-sqlite3. */
type SqliteImporter = () => Promise<typeof Database>;

/**
 * Opens a database for reading only. Its schema isn't trusted: views and generated columns can't call functions with side effects.
 * @throws StreamCsvError `SCSV_SQLITE_MISSING`, `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_UNREADABLE`
 */
export async function openDatabase(
  path: string,
  importer: SqliteImporter = async () => (await import("better-sqlite3")).default,
): Promise<Database.Database> {
  checkHead(path, readHead(path));
  const Driver = await loadDriver(importer);
  const database = open(Driver, path);
  database.pragma("trusted_schema = OFF");
  database.pragma("query_only = ON");
  return database;
}

function open(Driver: typeof Database, path: string): Database.Database {
  try {
    return new Driver(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  } catch (cause) {
    // The package's binary is loaded with the first database.
    if (!isCodedError(cause) || cause.code !== "ERR_DLOPEN_FAILED") throw cause;
    throw new StreamCsvError(
      "SCSV_SQLITE_MISSING",
      `The package better-sqlite3 was built for another version of Node than this one, ${process.version}.`,
      { cause, hint: "Run: npm rebuild better-sqlite3" },
    );
  }
}

/** Whether a file is in WAL mode, as far as its first bytes tell. */
export function isInWalMode(path: string): boolean {
  try {
    return readHead(path)[readVersionAt] === 2;
  } catch {
    // This is asked to explain another fault.
    return false;
  }
}

async function loadDriver(importer: SqliteImporter): Promise<typeof Database> {
  try {
    return await importer();
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_SQLITE_MISSING",
      "Reading SQLite files needs the optional package better-sqlite3, which can't be loaded: run npm install better-sqlite3.",
      { cause },
    );
  }
}

/** The first bytes are read before the database is opened: to close a file gives up the locks that SQLite has on it (fcntl(2)). */
function readHead(path: string): Buffer {
  const head = Buffer.alloc(signatureBytes);
  try {
    if (!statSync(path).isFile())
      throw new StreamCsvError("SCSV_SOURCE_NOT_FOUND", `${JSON.stringify(path)} is not a file.`);
    const descriptor = openSync(path, "r");
    try {
      return head.subarray(0, readSync(descriptor, head));
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    if (!isCodedError(cause) || cause instanceof StreamCsvError) throw cause;
    throw new StreamCsvError(
      "SCSV_SOURCE_NOT_FOUND",
      `The file ${JSON.stringify(path)} can't be read: ${toError(cause).message}.`,
      { cause },
    );
  }
}

function checkHead(path: string, head: Buffer): void {
  const file = `The file ${JSON.stringify(path)} can't be opened`;
  if (head.byteLength === 0)
    throw new StreamCsvError("SCSV_SOURCE_UNREADABLE", `${file}: it is empty, so it has no table.`, {
      hint: "Write a table to it first.",
    });
  if (head.toString("latin1", 0, 16) === "SQLite format 3\0") return;
  const kind = foreignKind(head);
  throw new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    kind === undefined
      ? `${file}: it isn't a SQLite database, or it is encrypted.`
      : `${file}: it is ${kind.what}.`,
    {
      hint:
        kind?.hint ??
        "Check the file with: sqlite3 FILE .tables. Write a copy of an encrypted database without encryption.",
    },
  );
}
