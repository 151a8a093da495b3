/**
 * PostgreSQL's rows by pg-query-stream into csv-stringify's stream, which Express sends.
 *
 *     node dist/dev/peers/postgres/express-server.js DATABASE_URL
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { Pool } from "pg";
import { sendQueryStream } from "./send-query-stream.ts";

const pool = new Pool({ connectionString: process.argv[2] });
const app = express();

app.get("/ping", (_, res) => {
  res.type("text").send("pong");
});

app.get("/orders.csv", (req, res) => {
  res.type("text/csv; charset=utf-8");
  // A client that disconnects ends the pipeline, which isn't an error of the server.
  sendQueryStream(pool, Number(req.query["rows"]), res).catch(() => res.destroy());
});

const server = createServer(app);
server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
