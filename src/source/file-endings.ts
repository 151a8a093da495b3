/** Endings of the files that can be read, as people are told of them. */
export const fileEndings = [".parquet", ".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".duckdb"] as const;

/** An ending of a file that can be read. */
export type FileEnding = (typeof fileEndings)[number];
