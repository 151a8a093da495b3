import { basename } from "node:path";
import type { Compression } from "./text-file/open-byte-reader.ts";

/** The extensions of readable files, for messages. */
export const fileEndings = [
  ".parquet",
  ".csv",
  ".tsv",
  ".json",
  ".ndjson",
  ".jsonl",
  ".duckdb",
  ".sqlite",
  ".sqlite3",
  ".db",
] as const;

/** The extension of a readable file. */
export type FileEnding = (typeof fileEndings)[number];

/** The extensions of JSON files. All of them are read in the same way. */
const jsonEndings = [".json", ".ndjson", ".jsonl"] as const satisfies readonly FileEnding[];

type JsonEnding = (typeof jsonEndings)[number];

/** The extensions of SQLite databases. */
const sqliteEndings = [".sqlite", ".sqlite3", ".db"] as const satisfies readonly FileEnding[];

type SqliteEnding = (typeof sqliteEndings)[number];

/** The extension of a file that DuckDB reads. Named one by one, so that the compiler asks who reads a new extension. */
export type DuckDBFileEnding = Extract<FileEnding, ".parquet" | ".duckdb">;

export function isJsonEnding(ending: FileEnding): ending is JsonEnding {
  return jsonEndings.some((one) => one === ending);
}

export function isSqliteEnding(ending: FileEnding): ending is SqliteEnding {
  return sqliteEndings.some((one) => one === ending);
}

/** Whether files with an extension are databases, with one export for each table. */
export function hasTables(ending: FileEnding): boolean {
  return ending === ".duckdb" || isSqliteEnding(ending);
}

/** The extensions of text files, which may be compressed. */
const textEndings: ReadonlySet<FileEnding> = new Set([".csv", ".tsv", ...jsonEndings]);

/** The second extensions of compressed text files. */
const compressionEndings: Readonly<Record<string, Compression>> = { ".gz": "gzip", ".zst": "zstd" };

/** The properties of a file that its name shows. */
export interface FileKind {
  readonly ending: FileEnding;
  readonly compression: Compression | undefined;
  /** The name without folder and extensions, which is the name of its export. */
  readonly name: string;
}

/** Returns the kind of a file by its extension, in upper or lower case, or undefined for an unknown extension. */
export function fileKindOf(path: string): FileKind | undefined {
  const file = basename(path);
  const [packed, compression] = Object.entries(compressionEndings).find(([end]) => hasEnding(file, end)) ?? [
    "",
  ];
  const unpacked = file.slice(0, file.length - packed.length);
  const ending = fileEndings.find((end) => hasEnding(unpacked, end));
  if (ending === undefined || (compression !== undefined && !textEndings.has(ending))) return undefined;
  return { ending, compression, name: unpacked.slice(0, unpacked.length - ending.length) };
}

/** A file named `.csv` has no extension. Its name only begins with a point. */
function hasEnding(file: string, ending: string): boolean {
  return file.length > ending.length && file.toLowerCase().endsWith(ending);
}
