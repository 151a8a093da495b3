/**
 * Rows through papaparse, which writes text at once: so 500 rows at a time, behind `node:http`.
 *
 *     node dist/dev/peers/on-request/papaparse-server.js POOL.json
 */
import { pipeline } from "node:stream/promises";
import papaparse from "papaparse";
import { serveOrders } from "../serve-orders.ts";
import { orderColumns, readOrders, type OrderRow } from "./order-rows.ts";

const rowsPerPiece = 500;
const orders = readOrders();

function* pieces(rows: number): Generator<string, void, undefined> {
  let gathered: (OrderRow | readonly string[])[] = [orderColumns];
  for (const row of orders(rows)) {
    gathered.push(row);
    if (gathered.length < rowsPerPiece) continue;
    yield `${papaparse.unparse(gathered)}\r\n`;
    gathered = [];
  }
  if (gathered.length > 0) yield `${papaparse.unparse(gathered)}\r\n`;
}

serveOrders((rows, res) => pipeline(pieces(rows), res));
