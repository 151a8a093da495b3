/**
 * Rows one by one through `Readable.from` and csv-stringify's stream, as its documentation shows.
 *
 *     node dist/dev/peers/on-request/csv-stringify-server.js POOL.json
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import { serveOrders } from "../serve-orders.ts";
import { orderColumns, readOrders } from "./order-rows.ts";

const orders = readOrders();

serveOrders(async (rows, res) => {
  const stringifier = stringify({
    header: true,
    columns: orderColumns,
    cast: { boolean: String, date: (value) => value.toISOString() },
  });
  await pipeline(Readable.from(orders(rows)), stringifier, res);
});
