import { Readable } from "node:stream";
import { format, type CsvFormatterStream } from "@fast-csv/format";
import { orderColumns, readOrders } from "./order-rows.ts";

const orders = readOrders();

/** So many rows through fast-csv's stream, as its documentation shows. */
export function fastCsvStream(rows: number): CsvFormatterStream<unknown[], unknown[]> {
  const formatter = format<unknown[], unknown[]>({
    headers: orderColumns,
    // A Date would be written in the form for people.
    transform: (row: unknown[]) => row.map((cell) => (cell instanceof Date ? cell.toISOString() : cell)),
  });
  const source = Readable.from(orders(rows));
  source.on("error", (fault) => formatter.destroy(fault));
  formatter.on("close", () => source.destroy());
  return source.pipe(formatter);
}
