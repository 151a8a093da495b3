import { createWriteStream } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DuckDBInstance } from "@duckdb/node-api";

/** The kinds of served files. */
export const fileKinds = ["csv", "ndjson", "json", "parquet", "duckdb"] as const;
export type SourceKind = (typeof fileKinds)[number];

/** The versions of a file; `first` and `third` have the same length in every text format. */
export const fileVersions = ["first", "other", "third"] as const;
export type SourceVersion = (typeof fileVersions)[number];

const rowsOf: Readonly<Record<SourceVersion, number>> = { first: 120_000, other: 90_000, third: 120_000 };

/** Without columns of its own, `/exports` would ask it for a row. */
const loopingExport = `export default { exports: { looping: { columns: ["n"], freshness: "1s", *rows() { for (;;); } } } };\n`;

/** The number of rows of a version. */
export function versionRows(version: SourceVersion): number {
  return rowsOf[version];
}

/** The second cell in a row of a version, which no dialect quotes. */
export function versionText(version: SourceVersion, row: number): string {
  return `what the ${version} version has to say in row ${row}`;
}

/** The files that a server serves, each of which can be replaced, rewritten, removed and brought back. */
export class SourceFiles {
  readonly #folder: string;
  readonly #current = new Map<SourceKind, SourceVersion | undefined>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes every version of every kind into a folder, and serves the first of each. */
  static async make(folder: string): Promise<SourceFiles> {
    await mkdir(join(folder, "versions"), { recursive: true });
    const files = new SourceFiles(folder);
    for (const version of fileVersions) {
      await writeLines(
        files.#versionPath("csv", version),
        "id,text\n",
        version,
        (id, text) => `${id},${text}\n`,
      );
      await writeLines(
        files.#versionPath("ndjson", version),
        "",
        version,
        (id, text) => `${JSON.stringify({ id, text })}\n`,
      );
      await writeLines(
        files.#versionPath("json", version),
        "[",
        version,
        (id, text) => `${id === 0 ? "" : ",\n"}${JSON.stringify({ id, text })}`,
        "]\n",
      );
      await files.#writeWithDuckDb(version);
    }
    for (const kind of fileKinds) await files.replace(kind, "first");
    await writeFile(files.configuration, loopingExport);
    return files;
  }

  /** A configuration with an export whose rows never come: they keep a process busy for ever. */
  get configuration(): string {
    return join(this.#folder, "faults.config.mjs");
  }

  /** The arguments of `serve` that name the files. */
  get served(): readonly string[] {
    return fileKinds.map((kind) => this.#servedPath(kind));
  }

  /** The name of the export made from a kind of file. */
  exportOf(kind: SourceKind): string {
    return kind === "duckdb" ? "from-duckdb.rows" : `from-${kind}`;
  }

  /** The current version of a file; undefined while the file is missing. */
  current(kind: SourceKind): SourceVersion | undefined {
    return this.#current.get(kind);
  }

  /** Replaces the file with a version by a rename, as careful writers do. */
  async replace(kind: SourceKind, version: SourceVersion): Promise<void> {
    const path = this.#servedPath(kind);
    await copyFile(this.#versionPath(kind, version), `${path}.new`);
    await rename(`${path}.new`, path);
    this.#current.set(kind, version);
  }

  /** Writes a version over the bytes of the file, as `cp` does. */
  async rewrite(kind: SourceKind, version: SourceVersion): Promise<void> {
    const bytes = await readFile(this.#versionPath(kind, version));
    const file = await open(this.#servedPath(kind), "r+");
    try {
      for (let at = 0; at < bytes.length;)
        at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
      await file.truncate(bytes.length);
    } finally {
      await file.close();
    }
    this.#current.set(kind, version);
  }

  /** Removes the file. */
  async remove(kind: SourceKind): Promise<void> {
    this.#current.set(kind, undefined);
    await rm(this.#servedPath(kind), { force: true });
  }

  #servedPath(kind: SourceKind): string {
    return join(this.#folder, `from-${kind}.${kind}`);
  }

  #versionPath(kind: SourceKind, version: SourceVersion): string {
    return join(this.#folder, "versions", `${version}.${kind}`);
  }

  async #writeWithDuckDb(version: SourceVersion): Promise<void> {
    const template = versionText(version, 0).slice(0, -1);
    const rows = `SELECT i::INTEGER AS id, '${template}' || i AS text FROM range(${versionRows(version)}) AS t(i)`;
    await runSql(this.#versionPath("duckdb", version), `CREATE TABLE rows AS ${rows} ORDER BY i`);
    const parquet = this.#versionPath("parquet", version);
    // Uncompressed, so that it is far larger than one read.
    await runSql(":memory:", `COPY (${rows} ORDER BY i) TO '${parquet}' (COMPRESSION uncompressed)`);
  }
}

async function runSql(path: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  try {
    const connection = await instance.connect();
    try {
      await connection.run(sql);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

async function writeLines(
  path: string,
  before: string,
  version: SourceVersion,
  line: (id: number, text: string) => string,
  after = "",
): Promise<void> {
  function* pieces(): Generator<string> {
    yield before;
    let piece = "";
    for (let id = 0; id < versionRows(version); id += 1) {
      piece += line(id, versionText(version, id));
      if (piece.length < 64 * 1024) continue;
      yield piece;
      piece = "";
    }
    yield piece + after;
  }
  await pipeline(Readable.from(pieces()), createWriteStream(path));
}
