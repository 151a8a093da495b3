import { basename } from "node:path";
import type { Compression } from "./text-file/open-byte-reader.ts";

/** Endings of the files that can be read, as people are told of them. */
export const fileEndings = [".parquet", ".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".duckdb"] as const;

/** An ending of a file that can be read. */
export type FileEnding = (typeof fileEndings)[number];

/** Endings of JSON files, all of which are read alike. */
const jsonEndings = [".json", ".ndjson", ".jsonl"] as const satisfies readonly FileEnding[];

type JsonEnding = (typeof jsonEndings)[number];

/** An ending of a file that DuckDB reads. */
export type DuckDBFileEnding = Exclude<FileEnding, ".csv" | ".tsv" | JsonEnding>;

export function isJsonEnding(ending: FileEnding): ending is JsonEnding {
  return jsonEndings.some((one) => one === ending);
}

/** Endings of files of text, which may be compressed. */
const textEndings: ReadonlySet<FileEnding> = new Set([".csv", ".tsv", ...jsonEndings]);

/** What may stand behind the ending of a file of text. */
const compressionEndings: Readonly<Record<string, Compression>> = { ".gz": "gzip", ".zst": "zstd" };

/** What a file's name says of it. */
export interface FileKind {
  readonly ending: FileEnding;
  readonly compression: Compression | undefined;
  /** The name without folder and endings: that of its export. */
  readonly name: string;
}

/** What a file is by its name, letters of either case; undefined where its ending is none of those known. */
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

/** A file that is called `.csv` has no ending but a name that begins with a point. */
function hasEnding(file: string, ending: string): boolean {
  return file.length > ending.length && file.toLowerCase().endsWith(ending);
}
