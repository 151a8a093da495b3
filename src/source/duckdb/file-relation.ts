import { open } from "node:fs/promises";
import { StreamCsvError } from "../../errors.ts";
import { queryRows, sqlText, type HeldDuckDB } from "./database.ts";
import type { FileRelation } from "./duckdb-source.ts";

/** A Parquet file; folders named `key=value` around it add no columns. */
export function parquetRelation(_held: HeldDuckDB, path: string): Promise<FileRelation> {
  return Promise.resolve({
    kind: "parquet",
    from: `read_parquet(${pathText(path)}, hive_partitioning=false)`,
    isCounted: true,
  });
}

/**
 * A CSV file with a header row, whatever delimits it.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` where rows that fit no header were taken for one column
 */
export async function csvRelation({ instance }: HeldDuckDB, path: string): Promise<FileRelation> {
  const from = csvScan(path, "");
  const described = await queryRows(instance, `DESCRIBE FROM ${from}`);
  const [name] = described[0] ?? [];
  // DuckDB takes rows of changing width for a single column. A header in quotes may well hold a delimiter.
  if (described.length === 1 && /[,;\t|]/.test(String(name)) && !(await beginsWithQuote(path)))
    throw new StreamCsvError(
      "SCSV_SOURCE_UNREADABLE",
      `The rows of ${JSON.stringify(path)} have other numbers of cells than its header, ${JSON.stringify(name)}.`,
    );
  return { kind: "csv", from, isCounted: false };
}

async function beginsWithQuote(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return /^\ufeff?"/.test(buffer.toString("utf8", 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** A file with tabs between cells and a header row. */
export function tsvRelation(_held: HeldDuckDB, path: string): Promise<FileRelation> {
  return Promise.resolve({ kind: "csv", from: csvScan(path, ", delim='\t'"), isCounted: false });
}

/**
 * Every cell is text, so that it comes out as it was: nothing is guessed to be a number or a date. An empty cell is
 * null, a quoted empty one is the empty text. `#` begins no comment. Rows with more or fewer cells than the header, an open
 * quote, and line endings that are mixed are errors: to guess would be to lose cells.
 */
function csvScan(path: string, further: string): string {
  return `read_csv(${pathText(path)}, header=true, all_varchar=true, quote='"', escape='"', comment='', allow_quoted_nulls=false, strict_mode=true, hive_partitioning=false${further})`;
}

/** A path as DuckDB's readers take it: they would read `*`, `?` and `[` as patterns. */
function pathText(path: string): string {
  return sqlText(path.replaceAll(/[*?[]/g, "[$&]"));
}
