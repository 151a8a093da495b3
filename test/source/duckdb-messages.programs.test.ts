import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { StreamCsvError, openSource } from "../../src/index.ts";
import { cantBeOpened, unreadable } from "../../src/source/duckdb/reason.ts";
import { runSql, testFolder, textOf, writeParquet } from "./duckdb-files.ts";

const folder = testFolder("messages");

/** Code, message and hint of the fault that opening and reading a file comes to, its path shortened. */
async function faultOf(path: string, options: Parameters<typeof openSource>[1] = {}): Promise<string> {
  try {
    const source = await openSource(path, options);
    try {
      await textOf(source);
    } finally {
      await source.close();
    }
  } catch (error) {
    assert.ok(error instanceof StreamCsvError, String(error));
    return `${error.code} ${error.message.replaceAll(`${folder}/`, "")} ${error.hint}`;
  }
  return "none";
}

const again = "Check the file with the tool that wrote it, or write it again.";

/** Makes a file and returns the path to it. */
type Maker = () => Promise<string>;

function bytesFile(name: string, bytes: string | Buffer): Maker {
  return async () => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return await Promise.resolve(path);
  };
}

/** A good Parquet file, with some of its bytes changed. */
function changedParquet(name: string, change: (bytes: Buffer) => Buffer): Maker {
  return async () => {
    const path = join(folder, name);
    await writeParquet(path, "SELECT i, 'text ' || i AS t FROM range(10000) r(i)");
    writeFileSync(path, change(readFileSync(path)));
    return path;
  };
}

function changedDatabase(name: string, change: (bytes: Buffer) => Buffer): Maker {
  return async () => {
    const path = join(folder, name);
    await runSql("CREATE TABLE t AS FROM range(100000)", path);
    writeFileSync(path, change(readFileSync(path)));
    return path;
  };
}

function filled(bytes: Buffer, from: number, to: number): Buffer {
  return Buffer.from(bytes).fill(0xa5, from, to);
}

const cases: readonly (readonly [what: string, make: Maker, fault: string])[] = [
  [
    "an empty Parquet file",
    bytesFile("empty.parquet", ""),
    `SCSV_SOURCE_UNREADABLE The file "empty.parquet" can't be opened: it isn't a Parquet file, or its end is missing. ${again}`,
  ],
  [
    "text that is called Parquet",
    bytesFile("text.parquet", "a,b\n1,2\n".repeat(20)),
    `SCSV_SOURCE_UNREADABLE The file "text.parquet" can't be opened: it isn't a Parquet file, or its end is missing. ${again}`,
  ],
  [
    "a Parquet file without its end",
    changedParquet("cut.parquet", (bytes) => bytes.subarray(0, bytes.length - 100)),
    `SCSV_SOURCE_UNREADABLE The file "cut.parquet" can't be opened: it isn't a Parquet file, or its end is missing. ${again}`,
  ],
  [
    "a Parquet file with a damaged page",
    changedParquet("page.parquet", (bytes) => filled(bytes, 100, 400)),
    `SCSV_SOURCE_UNREADABLE The file "page.parquet" can't be opened: its contents are damaged, or written in a way the installed DuckDB can't read. ${again}`,
  ],
  [
    "a Parquet file with an encrypted footer",
    changedParquet("footer.parquet", (bytes) => {
      bytes.write("PARE", bytes.length - 4);
      return bytes;
    }),
    `SCSV_SOURCE_UNREADABLE The file "footer.parquet" can't be opened: it is encrypted, and stream-csv has no keys. Write a copy that is not encrypted.`,
  ],
  [
    "Parquet text in another encoding",
    async () => {
      const path = join(folder, "latin-1.parquet");
      await writeParquet(
        path,
        "SELECT i, 'caf\u00E9 ' || i AS t FROM range(3) r(i)",
        ", COMPRESSION uncompressed",
      );
      const bytes = readFileSync(path).toString("latin1");
      // As many bytes as before, so that nothing else changes.
      writeFileSync(path, Buffer.from(bytes.replaceAll("f\u00C3\u00A9 ", "ff\u00E9 "), "latin1"));
      return path;
    },
    `SCSV_SOURCE_UNREADABLE The file "latin-1.parquet" can't be opened: one of its texts isn't valid UTF-8: "caff\\xE9 0". Write that column's text in UTF-8, or declare the column as bytes.`,
  ],
  [
    "an empty database",
    bytesFile("empty.duckdb", ""),
    `SCSV_SOURCE_UNREADABLE The file "empty.duckdb" can't be opened: it isn't a DuckDB database. ${again}`,
  ],
  [
    "text that is called a database",
    bytesFile("text.duckdb", "a,b\n1,2\n".repeat(5000)),
    `SCSV_SOURCE_UNREADABLE The file "text.duckdb" can't be opened: it isn't a DuckDB database. ${again}`,
  ],
  [
    "half a database",
    changedDatabase("half.duckdb", (bytes) => bytes.subarray(0, bytes.length >> 1)),
    `SCSV_SOURCE_UNREADABLE The file "half.duckdb" can't be opened: it is damaged or incomplete. ${again}`,
  ],
  [
    "a damaged database",
    changedDatabase("damaged.duckdb", (bytes) => filled(bytes, 12_288, 17_000)),
    `SCSV_SOURCE_UNREADABLE The file "damaged.duckdb" can't be opened: it is damaged or incomplete. ${again}`,
  ],
  [
    "a database without a table",
    async () => {
      const path = join(folder, "none.duckdb");
      await runSql("CREATE SCHEMA s", path);
      return path;
    },
    `SCSV_SOURCE_UNREADABLE "none.duckdb" has no table or view. Write a table to it first.`,
  ],
  [
    "a database of several tables",
    async () => {
      const path = join(folder, "several.duckdb");
      await runSql(
        ["CREATE TABLE a (x INT)", "CREATE VIEW b AS FROM a", "CREATE SCHEMA s", "CREATE TABLE s.c (x INT)"],
        path,
      );
      return path;
    },
    `SCSV_SOURCE_UNREADABLE "several.duckdb" has several tables: a, b, s.c. Name one of them with --table.`,
  ],
];

for (const [what, make, fault] of cases) {
  test(`${what} is reported in our own words`, async () => {
    assert.equal(await faultOf(await make()), fault);
  });
}

test("names the tables that exist if one does not", async () => {
  const path = join(folder, "tables.duckdb");
  await runSql(["CREATE TABLE a (x INT)", "CREATE TABLE b (x INT)"], path);
  assert.equal(
    await faultOf(path, { table: "c" }),
    'SCSV_SOURCE_UNREADABLE "tables.duckdb" has no table or view "c"; it has a, b. Name one of them with --table.',
  );
});

test("names the process that writes to a database", async () => {
  const path = join(folder, "locked.duckdb");
  await runSql("CREATE TABLE t AS FROM range(5)", path);
  const writer = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { DuckDBInstance } from "@duckdb/node-api";
       const instance = await DuckDBInstance.create(${JSON.stringify(path)});
       // A connection that nobody refers to is closed when garbage is collected, and releases the database.
       globalThis.connection = await instance.connect();
       await globalThis.connection.run("INSERT INTO t VALUES (1)");
       process.stdout.write("ready");
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    await once(writer.stdout, "data");
    const fault = await faultOf(path);
    assert.match(
      fault,
      new RegExp(
        `^SCSV_SOURCE_LOCKED The file "locked\\.duckdb" can't be opened: the process ${writer.pid} \\(.*\\) has the database open for writing\\. Wait until`,
      ),
    );
  } finally {
    writer.kill();
    await once(writer, "exit");
  }
  assert.equal(await faultOf(path), "none");
});

/** What DuckDB says of faults that need files other tools write, and what is said here. */
const reasons: readonly (readonly [duckdb: string, reason: string])[] = [
  [
    `Invalid Input Error: Failed to read file "x": Unsupported compression codec "LZO". Supported options are uncompressed, brotli, gzip, lz4_raw, snappy or zstd`,
    "the compression LZO isn't supported",
  ],
  [
    "Not implemented Error: BYTE_STREAM_SPLIT encoding is only supported for FLOAT or DOUBLE data",
    "one of its columns has an encoding that isn't supported",
  ],
  [
    "INTERNAL Error: File is encrypted but no encryption algorithm is set\n\nStack Trace:\n\n/lib",
    "it is encrypted, and stream-csv has no keys",
  ],
  [
    `IO Error: Trying to read a database file with version number 39, but we can only read versions between 64 and 68.\nThe database file was created with DuckDB version v0.6.0.`,
    "its storage format, version 39, isn't one the installed DuckDB reads",
  ],
  [
    "Not implemented Error: STRUCT()",
    "one of its columns has a struct without fields, which DuckDB can't read",
  ],
  [
    "Binder Error: Struct remap can only remap named structs",
    "one of its columns has a struct with a field without a name, which DuckDB can't read",
  ],
  [
    "Invalid Input Error: DECIMAL requires a length and scale specifier!",
    "one of its columns has decimals written in a way DuckDB can't read",
  ],
  [
    "Invalid Input Error: Invalid decimal encoding in Parquet file",
    "one of its columns has decimals written in a way DuckDB can't read",
  ],
  [
    "Invalid Input Error: Failed to read Parquet file 'x': Need at least one non-root column in the file",
    "it has no columns",
  ],
  [
    "Invalid Input Error: MAP_KEY_VALUE requires two children",
    "one of its columns is a map without values, which DuckDB can't read",
  ],
  [
    'IO Error: Could not read from file "x": Invalid argument',
    "its contents are damaged, or written in a way the installed DuckDB can't read",
  ],
  [
    "Conversion Error: Could not convert. Try increasing the limit. Use SET max_expression_depth TO x to raise it.",
    "Could not convert",
  ],
];

for (const [message, reason] of reasons) {
  test(`passes "${reason}" on without DuckDB's settings and advice`, () => {
    const opened = cantBeOpened("x", new Error(message));
    assert.equal(opened.message, `The file "x" can't be opened: ${reason}.`);
    assert.doesNotMatch(`${opened.message} ${opened.hint}`, /\bSET\b|\bTry\b|Stack Trace|setting/);
    assert.equal(
      unreadable("x", " after row 5", new Error(message)).message,
      `Reading "x" failed after row 5: ${reason}.`,
    );
  });
}

test("does not blame the file if memory is too little", () => {
  const fault = cantBeOpened(
    "x",
    new Error("Out of Memory Error: failed to allocate\nPossible solutions:\n* SET threads=X"),
  );
  assert.equal(fault.code, "SCSV_BUSY");
  assert.equal(fault.status, 503);
  assert.ok(fault.retryAfterSeconds !== undefined);
  assert.doesNotMatch(fault.message, /SET|threads/);
});
