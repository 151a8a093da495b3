/**
 * Rows through fast-csv's stream, behind `node:http`.
 *
 *     node dist/dev/peers/on-request/fast-csv-server.js POOL.json
 */
import { pipeline } from "node:stream/promises";
import { serveOrders } from "../serve-orders.ts";
import { fastCsvStream } from "./fast-csv-stream.ts";

serveOrders((rows, res) => pipeline(fastCsvStream(rows), res));
