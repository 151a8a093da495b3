import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { parse } from "csv-parse/sync";
import { CsvEncoder, openSource, type DialectName, type Source } from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";

/** A folder that is there while a file's tests run. */
export function testFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `stream-csv-${name}-`));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Runs statements in a database, in memory unless a path is given, and gives the rows of the last one. */
export async function runSql(
  statements: string | readonly string[],
  path = ":memory:",
): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(path, { threads: "1" });
  const connection = await instance.connect();
  try {
    let rows: readonly (readonly unknown[])[] = [];
    for (const statement of [statements].flat()) rows = await (await connection.run(statement)).getRowsJson();
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes a query's rows as Parquet, over a file that may be there. */
export async function writeParquet(path: string, select: string, options = ""): Promise<void> {
  await runSql(`COPY (${select}) TO '${path}' (FORMAT parquet${options})`);
}

/** The text of a source in a dialect. */
export async function textOf(source: Source, dialectName: DialectName = "unix"): Promise<string> {
  const dialect = resolveDialect(dialectName, { header: false, nonFinite: "text", nullValue: "\\N" });
  const encoder = new CsvEncoder(source.columns, dialect);
  const chunks: Uint8Array[] = [];
  for await (const batch of source.read({ signal: new AbortController().signal }))
    chunks.push(encoder.encode(batch));
  return Buffer.concat(chunks).toString();
}

/** The cells of a source, null written as `\N`. */
export async function cellsOf(source: Source): Promise<string[][]> {
  return parse(await textOf(source));
}

/** The cells of a file, and the names of its columns. */
export async function readFile(
  path: string,
  options: Parameters<typeof openSource>[1] = {},
): Promise<{ readonly names: readonly string[]; readonly cells: string[][] }> {
  const source = await openSource(path, options);
  try {
    return { names: source.columns.map(({ name }) => name), cells: await cellsOf(source) };
  } finally {
    await source.close();
  }
}
