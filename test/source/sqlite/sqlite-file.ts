import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvChunks, type Source } from "../../../src/index.ts";
import type { SqliteParameter, SqliteParameterValue } from "../../../src/source/sqlite/bound-value.ts";
import { describeSqliteQuery, type SqliteQuery } from "../../../src/source/sqlite/query.ts";

/** Why tests that read SQLite are skipped, or false. */
export const skip = await whyNot();

async function whyNot(): Promise<string | false> {
  try {
    const { default: Database } = await import("better-sqlite3");
    // Its binary is loaded with the first database, and is built for one line of Node.
    new Database(":memory:").close();
  } catch {
    return "needs better-sqlite3: run npm install --no-save --save-dev better-sqlite3@12";
  }
  return spawnSync("python3", ["-c", "import sqlite3"]).status === 0 ? false : "needs python3 with sqlite3";
}

/** A folder that the tests of a file put their databases in. */
export function testFolder(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "stream-csv-sqlite-"));
  return {
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs a program in Python, whose `sqlite3` module shares no code with ours but SQLite itself. */
export function python(program: string, args: readonly string[] = [], input = ""): string {
  const run = spawnSync("python3", ["-c", `import sqlite3, sys, json\n${program}`, ...args], {
    input,
    encoding: "utf8",
    maxBuffer: 1024 ** 3,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

/** Makes a database with Python, and returns its path. */
export function makeDatabase(path: string, script: string): string {
  python(
    "c = sqlite3.connect(sys.argv[1]); c.executescript(sys.stdin.read()); c.commit(); c.close()",
    [path],
    script,
  );
  return path;
}

export async function describeSql(
  path: string,
  sql: string,
  parameters: Readonly<Record<string, SqliteParameter>> = {},
): Promise<SqliteQuery> {
  const settings = { name: "query", sql, parameterTypes: new Map(Object.entries(parameters)) };
  return await describeSqliteQuery(path, settings, new AbortController().signal);
}

export async function sqlSource(
  path: string,
  sql: string,
  values: Readonly<Record<string, readonly [SqliteParameter, SqliteParameterValue]>> = {},
): Promise<Source> {
  const entries = Object.entries(values);
  const query = await describeSql(
    path,
    sql,
    Object.fromEntries(entries.map(([name, [type]]) => [name, type])),
  );
  return query.bind({ values: new Map(entries.map(([name, [, value]]) => [name, value])), version: "test" });
}

export async function csvOf(source: Source, options: Parameters<typeof csvChunks>[1] = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(source, { dialect: "unix", ...options })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** How many reader processes of this process have a file open. */
export function timesOpenInReaders(path: string): number {
  return readerProcesses().filter((id) => {
    try {
      return readdirSync(`/proc/${id}/fd`).some((fd) => readlinkSync(`/proc/${id}/fd/${fd}`) === path);
    } catch {
      // It has ended, or closed a file, meanwhile.
      return false;
    }
  }).length;
}

/** What the reader processes of this process have read so far, from databases and at their start. */
export function bytesReadByReaders(): number {
  const each = readerProcesses().map((id) =>
    Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${id}/io`, "utf8"))?.[1]),
  );
  return each.reduce((sum, bytes) => sum + bytes, 0);
}

/** The reader processes of this process, or of the process with that id. */
export function readerProcesses(parent = process.pid): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => isReaderOf(id, parent))
    .map(Number);
}

function isReaderOf(id: string, parent: number): boolean {
  try {
    const parentId = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
    return (
      Number(parentId) === parent && readFileSync(`/proc/${id}/cmdline`, "utf8").includes("/sqlite-reader.js")
    );
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
