import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import type { Pool } from "pg";
import QueryStream from "pg-query-stream";

/** So that the text is the one PostgreSQL writes: `t` and `f`, a space in an instant, a quoted line break. */
const likePostgres = {
  record_delimiter: "\n",
  quoted_match: /[\r\n]/,
  cast: {
    boolean: (value: boolean) => (value ? "t" : "f"),
    date: (value: Date) => value.toISOString().slice(0, 19).replace("T", " "),
  },
};

/** Sends so many orders by pg-query-stream through csv-stringify's stream, as both are documented. */
export async function sendQueryStream(pool: Pool, rows: number, res: ServerResponse): Promise<void> {
  const client = await pool.connect();
  // A client in the middle of a query can't be used again.
  let fault: Error | undefined;
  try {
    const objects = client.query(new QueryStream("SELECT * FROM orders LIMIT $1", [rows]));
    await pipeline(objects, stringify({ header: true, ...likePostgres }), res);
  } catch (cause) {
    fault = cause as Error;
    throw cause;
  } finally {
    client.release(fault);
  }
}
