import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import express from "express";
import { Pool } from "pg";

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const app = express();
const pageRows = 2000;

/** The orders up to a number of rows, page by page: each page begins after the last id of the one before. */
async function* orders(rows) {
  let last = 0;
  for (let left = rows; left > 0; left -= pageRows) {
    const page = await pool.query({
      text: "SELECT id, customer, total, paid FROM orders WHERE id > $1 ORDER BY id LIMIT $2",
      values: [last, Math.min(left, pageRows)],
      rowMode: "array",
    });
    if (page.rows.length === 0) return;
    yield* page.rows;
    last = page.rows.at(-1)[0];
  }
}

app.get("/ping", (_req, res) => res.type("text").send("pong"));

app.get("/orders.csv", async (req, res) => {
  const rows = Number(req.query.rows ?? Number.MAX_SAFE_INTEGER);
  res.type("text/csv; header=present");
  const csv = stringify({ header: true, columns: ["id", "customer", "total", "paid"] });
  // An error in the middle destroys the response, so that no client takes half a file for a whole one.
  await pipeline(orders(rows), csv, res).catch((error) => console.error(error.message));
});

const server = createServer(app).listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
