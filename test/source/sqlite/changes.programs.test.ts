import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import type { Batch } from "../../../src/csv/batch.ts";
import { openCatalog } from "../../../src/export/catalog.ts";
import { FileExports } from "../../../src/export/file-exports.ts";
import { openSource, type Source, type StreamCsvError } from "../../../src/index.ts";
import { sqliteFault } from "../../../src/source/sqlite/process/sqlite-fault.ts";
import { endWithUs } from "../../harness/children.ts";
import { csvOf, makeDatabase, python, skip, sqlSource, testFolder } from "./sqlite-file.ts";

const folder = testFolder();
after(() => folder.remove());

const many = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000)
  INSERT INTO t SELECT n, hex(zeroblob(50)) FROM c;`;

function database(name: string, mode: "WAL" | "DELETE"): string {
  return makeDatabase(
    folder.path(name),
    `PRAGMA journal_mode = ${mode}; CREATE TABLE t (n INTEGER, s TEXT); ${many}`,
  );
}

/** A writer that keeps its connection open: `run` a statement, and the answer comes when it is done. */
class Writer {
  readonly #child: ChildProcess;

  constructor(path: string) {
    const program = `import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0.2)
for line in sys.stdin:
    try:
        c.execute(line).fetchall(); print('done', flush=True)
    except sqlite3.OperationalError as e:
        print(e, flush=True)`;
    this.#child = spawn("python3", ["-c", program, path], { stdio: ["pipe", "pipe", "inherit"] });
    endWithUs(this.#child);
  }

  async run(sql: string): Promise<string> {
    this.#child.stdin?.write(`${sql}\n`);
    let answer = "";
    while (!answer.endsWith("\n")) answer += String((await once(this.#child.stdout!, "data"))[0]);
    return answer.trimEnd();
  }

  async end(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exited;
  }
}

async function rest(rows: AsyncIterator<Batch>): Promise<number> {
  let count = 0;
  for (let step = await rows.next(); step.done !== true; step = await rows.next())
    count += step.value.rowCount;
  return count;
}

function begin(source: Source): AsyncIterator<Batch> {
  return source.read({ signal: new AbortController().signal })[Symbol.asyncIterator]();
}

test("reads one snapshot in WAL mode while rows are written, and blocks no writer", { skip }, async () => {
  const path = database("snapshot.sqlite", "WAL");
  const writer = new Writer(path);
  const source = await openSource(path);
  const rows = begin(source);
  const first = await rows.next();
  assert.equal(await writer.run("UPDATE t SET n = n + 1000000"), "done");
  assert.equal(await writer.run("INSERT INTO t VALUES (1, 'new')"), "done");
  assert.equal(first.done === true ? 0 : first.value.rowCount + (await rest(rows)), 100_000);
  await writer.end();
});

test("makes a writer wait without WAL, and then goes on with the same rows", { skip }, async () => {
  const path = database("blocked.sqlite", "DELETE");
  const writer = new Writer(path);
  const rows = begin(await openSource(path));
  const first = await rows.next();
  assert.equal(await writer.run("INSERT INTO t VALUES (1, 'new')"), "database is locked");
  assert.equal(first.done === true ? 0 : first.value.rowCount + (await rest(rows)), 100_000);
  assert.equal(await writer.run("INSERT INTO t VALUES (1, 'new')"), "done");
  await writer.end();
});

test(
  "changes its version with each commit, in WAL mode too, where the main file stays as it is",
  { skip },
  async () => {
    for (const mode of ["WAL", "DELETE"] as const) {
      const path = database(`version-${mode}.db`, mode);
      const writer = new Writer(path);
      await writer.run("SELECT 1");
      const versions = new Set<string>();
      for (let round = 0; round < 3; round += 1) {
        const source = await openSource(path);
        assert.equal((await openSource(path)).version, source.version);
        versions.add(source.version);
        assert.equal(await writer.run(`UPDATE t SET s = '${round}' WHERE n = 1`), "done");
        await assert.rejects(csvOf(source), { code: "SCSV_SOURCE_CHANGED", status: 503 });
      }
      assert.equal(versions.size, 3, mode);
      await writer.end();
    }
  },
);

test("keeps its version over readings, which may create an empty WAL", { skip }, async () => {
  const path = database("stable.db", "WAL");
  const source = await openSource(path);
  await csvOf(source, { columns: ["n"] });
  assert.equal((await openSource(path)).version, source.version);
});

test("a configured query reads what is committed when it begins", { skip }, async () => {
  const path = database("live.sqlite", "WAL");
  const source = await sqlSource(path, "SELECT s FROM t WHERE n = 1");
  const writer = new Writer(path);
  for (const text of ["one", "two"]) {
    await writer.run(`UPDATE t SET s = '${text}' WHERE n = 1`);
    assert.equal(await csvOf(source, { header: false }), `${text}\n`);
  }
  await writer.run("ALTER TABLE t RENAME COLUMN s TO other");
  await assert.rejects(csvOf(source), { code: "SCSV_SOURCE_CHANGED" });
  await writer.end();
});

test("says that a writer has locked the database", { skip }, async () => {
  const path = database("locked.sqlite", "DELETE");
  const writer = new Writer(path);
  assert.equal(await writer.run("BEGIN EXCLUSIVE"), "done");
  await assert.rejects(openSource(path), {
    code: "SCSV_SOURCE_LOCKED",
    status: 503,
    retryAfterSeconds: 5,
    message: /another process has locked the database for writing/,
  });
  await writer.run("COMMIT");
  await writer.end();
  assert.equal((await openSource(path)).columns.length, 2);
});

test("a catalog describes a file again after a commit to its WAL", { skip }, async () => {
  const path = database("served.sqlite", "WAL");
  const writer = new Writer(path);
  const catalog = await openCatalog({ sources: [path] });
  const versionNow = async (): Promise<string> =>
    (await catalog.find("served.t")).source({ seed: 1, rows: null, columns: null, values: {}, version: "" })
      .version;
  const before = await versionNow();
  assert.equal(await versionNow(), before);
  await writer.run("CREATE TABLE u (a)");
  assert.notEqual(await versionNow(), before);
  assert.deepEqual(
    (await catalog.list()).map(({ name }) => name),
    ["served.t", "served.u"],
  );
  await catalog.close();
  await writer.end();
});

test("says what is wrong with a file", { skip }, async () => {
  const good = database("good.sqlite", "DELETE");
  const at = (name: string): string => folder.path(name);
  writeFileSync(at("nothing.db"), "");
  writeFileSync(at("text.db"), "id,name\n1,Ann\n".repeat(100));
  const duckHead = Buffer.alloc(4096);
  duckHead.write("DUCK", 8);
  writeFileSync(at("duck.db"), duckHead);
  makeDatabase(at("no-tables.db"), "PRAGMA user_version = 1");
  copyFileSync(good, at("short.db"));
  python("open(sys.argv[1], 'r+b').truncate(30000)", [at("short.db")]);
  const wal = makeDatabase(at("wal.db"), "PRAGMA journal_mode = WAL; CREATE TABLE t (n)");
  mkdirSync(`${wal}-wal`);
  const cases: readonly (readonly [name: string, code: string, message: RegExp])[] = [
    ["missing.db", "SCSV_SOURCE_NOT_FOUND", /ENOENT/],
    ["nothing.db", "SCSV_SOURCE_UNREADABLE", /it is empty, so it has no table/],
    ["text.db", "SCSV_SOURCE_UNREADABLE", /it isn't a SQLite database, or it is encrypted/],
    ["duck.db", "SCSV_SOURCE_UNREADABLE", /it is a DuckDB database/],
    ["no-tables.db", "SCSV_SOURCE_UNREADABLE", /has no table or view\./],
    ["wal.db", "SCSV_SOURCE_UNREADABLE", /WAL mode, which needs the files .*-wal" and .*-shm"/],
  ];
  for (const [name, code, message] of cases) await assert.rejects(openSource(at(name)), { code, message });
  await assert.rejects(async () => await csvOf(await openSource(at("short.db"))), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: /damaged or incomplete/,
  });
  await assert.rejects(openSource(good, { table: "u" }), { message: /has no table or view "u"; it has t\./ });
  await assert.rejects(openSource(good, { delimiter: ";" }), { code: "SCSV_ARG_RANGE" });
});

test(
  "tells a WAL that can't be made from a writer that ended early, and that both may pass",
  { skip },
  () => {
    const fault = (name: string, code: string): StreamCsvError => {
      const error = Object.assign(new Error("attempt to write a readonly database"), { code });
      const path = folder.path(name);
      return sqliteFault(error, {
        subject: "It",
        path,
        otherwise: "SCSV_SOURCE_UNREADABLE",
        showsWords: true,
      });
    };
    makeDatabase(folder.path("quiet.db"), "PRAGMA journal_mode = WAL; CREATE TABLE t (n)");
    makeDatabase(folder.path("rollback.db"), "CREATE TABLE t (n)");
    for (const [name, code, message] of [
      ["quiet.db", "SQLITE_READONLY_DIRECTORY", /is in WAL mode, which needs the files/],
      ["quiet.db", "SQLITE_READONLY_CANTINIT", /is in WAL mode, which needs the files/],
      ["quiet.db", "SQLITE_READONLY_RECOVERY", /a writer ended in the middle/],
      ["rollback.db", "SQLITE_READONLY_DIRECTORY", /a writer ended in the middle/],
      ["rollback.db", "SQLITE_IOERR_READ", /attempt to write/],
    ] as const) {
      assert.match(fault(name, code).message, message);
      assert.equal(fault(name, code).retryAfterSeconds, 10, code);
    }
    assert.equal(fault("quiet.db", "SQLITE_CORRUPT").retryAfterSeconds, undefined);
  },
);

test(
  "reads a file once its folder lets it, although the file itself has stayed the same",
  { skip },
  async () => {
    const path = makeDatabase(folder.path("barred.db"), "PRAGMA journal_mode = WAL; CREATE TABLE t (n)");
    symlinkSync(folder.path("no-such-folder/file"), `${path}-wal`);
    const exports = new FileExports({ path });
    await assert.rejects(exports.current(), { code: "SCSV_SOURCE_UNREADABLE", message: /is in WAL mode/ });
    unlinkSync(`${path}-wal`);
    assert.deepEqual([...(await exports.current()).keys()], ["barred.t"]);
    await exports.close();
  },
);

test(
  "opens tables and views by name, and leaves out what can't be read and what SQLite keeps for itself",
  { skip },
  async () => {
    const path = makeDatabase(
      folder.path("names.sqlite3"),
      `CREATE TABLE "a ""b" ("x y" INTEGER PRIMARY KEY AUTOINCREMENT, "c""d" TEXT); INSERT INTO "a ""b" VALUES (1, 'z');
     CREATE VIEW v AS SELECT "x y" * 2 AS twice FROM "a ""b"; CREATE VIEW broken AS SELECT * FROM missing;
     CREATE VIRTUAL TABLE words USING fts5(word)`,
    );
    const catalog = await openCatalog({ sources: [{ path, name: "shop" }] });
    assert.deepEqual(
      (await catalog.list()).map(({ name }) => name),
      ['shop.a "b', "shop.v", "shop.words"],
    );
    await catalog.close();
    await assert.rejects(openSource(path), { message: /several tables: a "b, v, words\./ });
    await assert.rejects(openSource(path, { table: "broken" }), { message: /no such table: main\.missing/ });
    assert.equal(await csvOf(await openSource(path, { table: "v" })), "twice\n2\n");
    assert.equal(await csvOf(await openSource(path, { table: 'a "b' })), 'x y,"c""d"\n1,z\n');
    const moved = folder.path("moved.db");
    renameSync(path, moved);
    assert.equal((await openSource(moved, { table: "v" })).name, "moved.v");
  },
);
