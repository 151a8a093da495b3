/**
 * PostgreSQL's own CSV text by pg-copy-streams, through `node:http`.
 *
 *     node dist/dev/peers/postgres/copy-streams-server.js DATABASE_URL
 */
import { pipeline } from "node:stream/promises";
import { Pool } from "pg";
import { to } from "pg-copy-streams";
import { serveOrders } from "../serve-orders.ts";

const pool = new Pool({ connectionString: process.argv[2] });

serveOrders(async (rows, res) => {
  const client = await pool.connect();
  // A client in the middle of a COPY can't be used again.
  let fault: Error | undefined;
  try {
    // COPY takes no parameters; a number is safe in its text.
    const text = client.query(to(`COPY (SELECT * FROM orders LIMIT ${rows}) TO STDOUT (FORMAT csv, HEADER)`));
    await pipeline(text, res);
  } catch (cause) {
    fault = cause as Error;
    throw cause;
  } finally {
    client.release(fault);
  }
});
