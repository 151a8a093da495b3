import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { startPostgres, type PostgresServer } from "../../postgres-server.ts";
import { streamCsvProgram } from "../run-program.ts";

const execute = promisify(execFile);

/** How the table of a run is filled. */
export interface OrdersTableOptions {
  readonly rows: number;
  /** A folder the server's user may read. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

const columns =
  "id bigint, customer text, email text, quantity int, price numeric(10,2), paid boolean, created_at timestamp, note text, status text, region text";

/**
 * Starts a PostgreSQL with the rows of our generated `orders` in a table.
 *
 * Instants have whole seconds, and notes are null instead of empty and don't begin with a space, which Go would quote.
 * Every language writes such values in the same way, so that the texts of all servers can be compared byte for byte.
 * @throws Error that says what is missing
 */
export async function startOrdersTable({
  rows,
  folder,
  signal,
}: OrdersTableOptions): Promise<PostgresServer> {
  // A scan that begins where another one is would give the rows in another order.
  const server = startPostgres(["synchronize_seqscans=off", "shared_buffers=256MB"]);
  if (typeof server === "string") throw new Error(server);
  try {
    const file = join(folder, "orders-table.csv");
    const options = ["--rows", String(rows), "--seed", "1", "--dialect", "postgres", "--output", file];
    const command = [streamCsvProgram, "--log-level", "warn", "export", "orders", ...options];
    await execute(process.execPath, command, { signal });
    server.run(`CREATE TEMPORARY TABLE raw (${columns});
\\copy raw FROM '${file}' CSV HEADER
CREATE TABLE orders (${columns});
INSERT INTO orders SELECT id, customer, email, quantity, price, paid, date_trunc('second', created_at), nullif(ltrim(note, E'\\t '), ''), status, region FROM raw;
`);
    server.run("VACUUM ANALYZE orders");
    await rm(file);
    return server;
  } catch (fault) {
    server.stop();
    throw fault;
  }
}
