/**
 * DuckDB's own `COPY` of a Parquet file into a CSV file, again and again: a line of standard input says how many rows,
 * and into which file.
 *
 *     node dist/dev/peers/on-request/duckdb-copy.js ORDERS.parquet
 */
import { createInterface } from "node:readline";
import { DuckDBInstance } from "@duckdb/node-api";

const parquet = process.argv[2] ?? "";
const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
const connection = await instance.connect();
// DuckDB's own form of an instant is another one.
const select = "SELECT * REPLACE (strftime(created_at, '%Y-%m-%dT%H:%M:%S.%gZ') AS created_at)";

process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const { rows, file } = JSON.parse(line) as { readonly rows: number; readonly file: string };
  await connection.run(
    `COPY (${select} FROM '${parquet}' WHERE id <= ${rows}) TO '${file}' (FORMAT csv, HEADER)`,
  );
  process.stdout.write("done\n");
}
