import { setTimeout as sleep } from "node:timers/promises";

const rowCount = 1_000_000;
const pageRows = 10_000;

/**
 * Stands for a query over a cursor: it waits for each page of rows, and frees its connection in the end.
 * `failAt` is the number of the row at which the database fails; `signal` fires when the rows are no longer wanted.
 */
export async function* orders({ failAt, signal }) {
  let id = 0;
  console.log("query started");
  try {
    while (id < rowCount) {
      if (id % pageRows === 0) await sleep(2, undefined, { signal });
      id += 1;
      if (id === failAt) throw new Error(`the database failed at row ${id}`);
      yield { id, customer: `Smith, ${id % 97}`, total: id / 4, paid: id % 2 === 0 };
    }
  } finally {
    console.log(`query closed at row ${id}`);
  }
}
