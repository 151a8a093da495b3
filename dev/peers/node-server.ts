/**
 * The Node peer: rows one by one through `Readable.from` and csv-stringify's stream, as its documentation shows.
 *
 *     node dist/dev/peers/node-server.js POOL.json
 */
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";

type Row = readonly [number, string, string, number, string, boolean, Date, string | null, string, string];

interface Pool {
  readonly customers: readonly (readonly [name: string, email: string])[];
  readonly notes: readonly (string | null)[];
  readonly statuses: readonly string[];
  readonly regions: readonly string[];
}

const columns = "id,customer,email,quantity,price,paid,created_at,note,status,region".split(",");
const firstOrder = Date.UTC(2020, 0, 1);
const sixYears = 6 * 365 * 86_400_000;

const pool = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Pool;

/** A small random number generator from 0 to 1 (mulberry32), which gives the same rows for every request. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function* orders(count: number): Generator<Row, void, undefined> {
  const random = randomNumbers();
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  for (let id = 1; id <= count; id += 1) {
    const [name, email] = pick(pool.customers);
    const quantity = 1 + Math.floor(random() * (random() < 0.125 ? 250 : 9));
    const cents = Math.floor(random() * (random() < 0.0625 ? 92_000_000 : 20_000));
    const price = ((random() < 0.03125 ? -cents : cents) / 100).toFixed(2);
    const createdAt = new Date(firstOrder + Math.floor(random() * sixYears));
    yield [
      id,
      name,
      email,
      quantity,
      price,
      random() < 0.7,
      createdAt,
      pick(pool.notes),
      pick(pool.statuses),
      pick(pool.regions),
    ];
  }
}

async function serveOrders(count: number, res: ServerResponse): Promise<void> {
  res.writeHead(200, { "Content-Type": "text/csv; charset=utf-8" });
  const stringifier = stringify({
    header: true,
    columns,
    cast: { boolean: String, date: (value) => value.toISOString() },
  });
  await pipeline(Readable.from(orders(count)), stringifier, res);
}

const server = createServer((req, res) => {
  const url = new URL(req.url ?? "/", "http://localhost");
  if (url.pathname === "/ping") {
    res.end("pong");
  } else if (url.pathname === "/orders.csv") {
    // A client that disconnects ends the pipeline, which isn't an error of the server.
    serveOrders(Number(url.searchParams.get("rows")), res).catch(() => res.destroy());
  } else {
    res.writeHead(404).end();
  }
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
