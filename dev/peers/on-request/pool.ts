import { writeFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { runProgram, streamCsvProgram } from "../run-program.ts";

/**
 * The words of which peers make their rows, drawn from our rows. So their rows have the same names, share of nulls
 * and sizes, without implementing the generator in three languages.
 */
interface Pool {
  readonly customers: readonly (readonly [name: string, email: string])[];
  /** In the order of our rows, with repetitions, so that a draw is null as often as in our rows. */
  readonly notes: readonly (string | null)[];
  readonly statuses: readonly string[];
  readonly regions: readonly string[];
}

const sampledRows = 20_000;
const sampledNotes = 4096;

/** Exports some of our rows, and writes their words as JSON. */
export async function writePool(file: string, signal: AbortSignal): Promise<void> {
  const command = [process.execPath, streamCsvProgram, "--log-level", "warn", "export", "orders"] as const;
  const text = await runProgram([...command, "--rows", String(sampledRows), "--seed", "1"], { signal });
  const rows = parse(text, {
    columns: true,
    // Only a quoted empty field is the empty text; see docs/reference/csv.md.
    cast: (value, { quoting }) => (value === "" && !quoting ? null : value),
  }) as readonly Readonly<Record<string, string | null>>[];
  const distinct = (column: string): string[] => [...new Set(rows.map((row) => row[column] ?? ""))];
  const customers = new Map(rows.map((row) => [row["email"] ?? "", row["customer"] ?? ""]));
  const pool: Pool = {
    customers: Array.from(customers, ([email, name]) => [name, email] as const),
    notes: rows.slice(0, sampledNotes).map((row) => row["note"] ?? null),
    statuses: distinct("status"),
    regions: distinct("region"),
  };
  await writeFile(file, JSON.stringify(pool));
}
