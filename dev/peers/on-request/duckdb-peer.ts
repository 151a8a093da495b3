import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { versionOf } from "../node-peer.ts";
import type { ProgramPeer, Workshop } from "../peer.ts";
import { runProgram, streamCsvProgram } from "../run-program.ts";

const program = fileURLToPath(new URL("duckdb-copy.js", import.meta.url));
/** More than any program writes in a timed export. */
const parquetRows = 2_500_000;
const types =
  "{id: 'BIGINT', customer: 'VARCHAR', email: 'VARCHAR', quantity: 'INTEGER', price: 'DECIMAL(10,2)', paid: 'BOOLEAN', created_at: 'TIMESTAMP', note: 'VARCHAR', status: 'VARCHAR', region: 'VARCHAR'}";

const parquetFile = ({ folder }: Workshop): string => join(folder, "orders.parquet");

/** What a columnar database makes of rows it has. */
export const duckdbPeer: ProgramPeer = {
  kind: "program",
  name: "duckdb, no HTTP",
  stack: "DuckDB, `COPY` to a file",
  settings:
    "`COPY (SELECT … FROM 'orders.parquet') TO 'file' (FORMAT csv, HEADER)` of our rows, with one thread: a yardstick, which reads its rows from a Parquet file, and sends nothing.",
  packages: [],
  findVersion: () => versionOf("@duckdb/node-api"),
  async prepare(workshop, signal) {
    const csv = join(workshop.folder, "orders-for-parquet.csv");
    const options = ["--rows", String(parquetRows), "--seed", "1", "--output", csv];
    const command = [process.execPath, streamCsvProgram, "--log-level", "warn", "export", "orders"] as const;
    await runProgram([...command, ...options], { signal });
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    // Rows after each other in the order of the file, in groups that a filter on id can skip.
    await connection.run(
      `COPY (FROM read_csv('${csv}', header = true, quote = '"', escape = '"', columns = ${types})) TO '${parquetFile(workshop)}' (FORMAT parquet)`,
    );
    connection.closeSync();
    instance.closeSync();
    await rm(csv);
  },
  command: (workshop) => Promise.resolve([process.execPath, program, parquetFile(workshop)]),
  task: (file, rows) => `${JSON.stringify({ rows, file })}\n`,
};
