import type { Readable } from "node:stream";
import { parse } from "csv-parse";
import { StreamCsvError } from "../../../src/index.ts";
import type { RowsCheck, RowsSample } from "../series.ts";
import { messageOf } from "../../../src/ground.ts";

/** The shape of rows: their size, and how often features occur that make CSV hard. */
export interface Shape extends RowsSample {
  /** Share of rows by feature; see {@link features}. */
  readonly shares: Readonly<Record<string, number>>;
}

type Row = readonly string[];

/** The columns in order, and what every value of each must match. */
const columns: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["id", /^[1-9]\d*$/],
  ["customer", /\S/],
  ["email", /^\S+@example\.(com|org)$/],
  ["quantity", /^[1-9]\d{0,2}$/],
  ["price", /^-?\d{1,8}\.\d\d$/],
  ["paid", /^(true|false)$/],
  ["created_at", /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
  ["note", /^/],
  ["status", /^[a-z]+$/],
  ["region", /\S/],
];

/** Features of some rows, which a peer's rows should have about as often as ours. */
const features: Readonly<Record<string, (row: Row) => boolean>> = {
  "a comma in customer": ([, customer = ""]) => customer.includes(","),
  "a quote in customer": ([, customer = ""]) => customer.includes('"'),
  "a line break in customer": ([, customer = ""]) => customer.includes("\n"),
  "letters beyond ASCII in customer": ([, customer = ""]) => hasOtherLetters(customer),
  "a negative price": (row) => row[4]?.startsWith("-") === true,
  "true in paid": (row) => row[5] === "true",
  "nothing in note": (row) => row[7] === "",
  "letters beyond ASCII in region": (row) => hasOtherLetters(row[9] ?? ""),
};

const bytesTolerance = 0.05;
/**
 * Shares may differ by a fifth of ours plus a hundredth of all rows: other random draws differ less, other rules
 * more.
 */
const shareTolerance = (share: number): number => share / 5 + 0.01;

/** Compares the shapes of rows that were made by chance in several languages. */
export const likeOurShape: RowsCheck = { read: readShape, differenceOf };

/**
 * Reads a text and parses it with csv-parse, a foreign parser. @throws StreamCsvError `SCSV_MEASUREMENT_INVALID`
 * if the number of rows is wrong, or a column is missing or has a value of another kind; the message names whose text it
 * is and what is wrong
 */
export async function readShape(
  text: Readable,
  { of, rows }: { readonly of: string; readonly rows: number },
): Promise<Shape> {
  let bytes = 0;
  let seen = 0;
  const counts = new Map<string, number>();
  try {
    text.on("data", (chunk: Buffer) => (bytes += chunk.length));
    text.on("error", (fault) => parser.destroy(fault));
    const parser = text.pipe(parse({ relax_column_count: true }));
    let isHeader = true;
    for await (const row of parser as AsyncIterable<Row>) {
      if (isHeader) checkHeader(row);
      else checkRow(row, (seen += 1));
      for (const [name, has] of Object.entries(features)) {
        if (!isHeader && has(row)) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      isHeader = false;
    }
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw wrong(of, messageOf(cause), cause);
  } finally {
    text.destroy();
  }
  if (seen !== rows) throw wrong(of, `it has ${seen} rows instead of ${rows}`);
  const shares = Object.fromEntries(
    Object.keys(features).map((name) => [name, (counts.get(name) ?? 0) / rows]),
  );
  return { rows, bytesPerRow: bytes / rows, shares };
}

/**
 * Compares a peer's rows with ours, so that all do the same work. @returns what differs too much, as a sentence;
 * undefined if nothing does
 */
export function differenceOf(peer: Shape, ours: Shape): string | undefined {
  const ratio = peer.bytesPerRow / ours.bytesPerRow;
  if (Math.abs(ratio - 1) > bytesTolerance) {
    return `Its rows have ${peer.bytesPerRow.toFixed(1)} bytes on average and ours ${ours.bytesPerRow.toFixed(1)}, which is more than 5 % apart.`;
  }
  for (const [name, share] of Object.entries(ours.shares)) {
    const other = peer.shares[name] ?? 0;
    if (Math.abs(other - share) <= shareTolerance(share)) continue;
    return `${(other * 100).toFixed(1)} % of its rows have ${name}, and ${(share * 100).toFixed(1)} % of ours.`;
  }
  return undefined;
}

function checkHeader(row: Row): void {
  const expected = columns.map(([name]) => name).join(",");
  if (row.join(",") !== expected) throw new Error(`its columns are ${row.join(",")} instead of ${expected}`);
}

function checkRow(row: Row, number: number): void {
  if (row.length !== columns.length) {
    throw new Error(`row ${number} has ${row.length} columns instead of ${columns.length}`);
  }
  for (const [index, [name, pattern]] of columns.entries()) {
    const value = row[index] ?? "";
    const isRight = pattern.test(value) && (name !== "id" || value === String(number));
    if (!isRight) throw new Error(`row ${number} has ${JSON.stringify(value)} in ${name}`);
  }
}

function hasOtherLetters(text: string): boolean {
  return /[^\x20-\x7e\r\n]/.test(text);
}

function wrong(of: string, what: string, cause?: unknown): StreamCsvError {
  const message = `The rows of ${of} aren't like ours: ${what.replace(/\.$/, "")}.`;
  return new StreamCsvError("SCSV_MEASUREMENT_INVALID", message, { cause });
}
