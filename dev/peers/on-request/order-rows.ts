import { readFileSync } from "node:fs";

/** A row of the Node peers. */
export type OrderRow = readonly [
  id: number,
  customer: string,
  email: string,
  quantity: number,
  price: string,
  paid: boolean,
  createdAt: Date,
  note: string | null,
  status: string,
  region: string,
];

interface Pool {
  readonly customers: readonly (readonly [name: string, email: string])[];
  readonly notes: readonly (string | null)[];
  readonly statuses: readonly string[];
  readonly regions: readonly string[];
}

/** Names of the columns, in order. */
export const orderColumns: string[] =
  "id,customer,email,quantity,price,paid,created_at,note,status,region".split(",");
const firstOrder = Date.UTC(2020, 0, 1);
const sixYears = 6 * 365 * 86_400_000;

/** Reads the words of the file that a peer gets as its argument. @returns a function that makes so many rows */
export function readOrders(): (count: number) => Generator<OrderRow, void, undefined> {
  const pool = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Pool;
  return (count) => orders(pool, count);
}

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

function* orders(pool: Pool, count: number): Generator<OrderRow, void, undefined> {
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
