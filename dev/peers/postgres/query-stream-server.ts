/**
 * PostgreSQL's rows by pg-query-stream into csv-stringify's stream, through `node:http`.
 *
 *     node dist/dev/peers/postgres/query-stream-server.js DATABASE_URL
 */
import { Pool } from "pg";
import { serveOrders } from "../serve-orders.ts";
import { sendQueryStream } from "./send-query-stream.ts";

const pool = new Pool({ connectionString: process.argv[2] });

serveOrders((rows, res) => sendQueryStream(pool, rows, res));
