import { open } from "node:fs/promises";
import { StreamCsvError } from "../../errors.ts";
import { queryRows, sqlName, sqlText, type HeldDuckDB } from "./database.ts";
import { pathText } from "./parquet-file.ts";

/** What a text file is called, and what stands behind FROM for it. */
export type TextRelation = (
  held: HeldDuckDB,
  path: string,
) => Promise<{ readonly kind: string; readonly from: string }>;

/**
 * A CSV file with a header row, whatever delimits it.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` where rows that fit no header were taken for one column
 */
export async function csvRelation({ instance }: HeldDuckDB, path: string): ReturnType<TextRelation> {
  const from = csvScan(path, "");
  const described = await queryRows(instance, `DESCRIBE FROM ${from}`);
  const [name] = described[0] ?? [];
  // DuckDB takes rows of changing width for a single column. A header in quotes may well hold a delimiter.
  if (described.length === 1 && /[,;\t|]/.test(String(name)) && !(await beginsWithQuote(path)))
    throw new StreamCsvError(
      "SCSV_SOURCE_UNREADABLE",
      `The rows of ${JSON.stringify(path)} have other numbers of cells than its header, ${JSON.stringify(name)}.`,
    );
  return { kind: "csv", from };
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
export function tsvRelation(_held: HeldDuckDB, path: string): ReturnType<TextRelation> {
  return Promise.resolve({ kind: "csv", from: csvScan(path, ", delim='\t'") });
}

/**
 * Every cell is text, so that it comes out as it was: nothing is guessed to be a number or a date. An empty cell is
 * null, a quoted empty one is the empty text. `#` begins no comment. Rows with more or fewer cells than the header, an open
 * quote, and line endings that are mixed are errors: to guess would be to lose cells.
 */
function csvScan(path: string, further: string): string {
  return `read_csv(${pathText(path)}, header=true, all_varchar=true, quote='"', escape='"', comment='', allow_quoted_nulls=false, strict_mode=true, hive_partitioning=false${further})`;
}

/**
 * A JSON file: an array of objects or one object after another (`auto`), or an object a line.
 * The whole file is looked at once for its columns, so that none is missed. Strings stay strings, also those that look
 * like dates or UUIDs, which DuckDB would convert.
 */
export function jsonRelation(
  format: "auto" | "newline_delimited",
): (held: HeldDuckDB, path: string) => ReturnType<TextRelation> {
  return async ({ instance }, path) => {
    const file = `${pathText(path)}, format='${format}', hive_partitioning=false`;
    const described = await queryRows(instance, `DESCRIBE FROM read_json(${file}, sample_size=-1)`);
    const columns = described.map(
      ([name, type]) => `${sqlName(String(name))}: ${sqlText(withoutGuesses(String(type)))}`,
    );
    return { kind: "json", from: `read_json(${file}, columns={${columns.join(", ")}})` };
  };
}

/** A type in which what JSON has as strings is text; names of fields, which stand between quotes, are left alone. */
function withoutGuesses(type: string): string {
  return type.replaceAll(
    /"(?:[^"]|"")*"|\b(?:TIMESTAMP WITH TIME ZONE|TIMESTAMP\w*|DATE|TIME|UUID)\b/g,
    (found) => (found.startsWith('"') ? found : "VARCHAR"),
  );
}
