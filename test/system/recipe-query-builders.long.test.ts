import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { writePageFiles, type WrittenFiles } from "../harness/page-files.ts";
import { connectTo, get } from "../harness/raw-client.ts";

/** What both stand-ins share: rows of customers, and a resource that keeps the process alive until it is released. */
const shared = `
import { createServer } from "node:net";
import { once } from "node:events";
import { Decimal } from "decimal.js";

const exact = [
  { id: -1n, total: new Decimal("-0.05"), issuedOn: new Date("1969-12-31"), memo: 'a "b", c', scan: new Uint8Array([0, 255]) },
  { id: 9007199254740993n, total: new Decimal("12345678901234567890.123456789"), issuedOn: null, memo: null, scan: null },
];
export let fetched = 0;
export function rowOf(customer, n) {
  fetched += 1;
  if (customer === 3 && n === 5000) throw new Error("the query is lost");
  if (customer === 1) return exact[n];
  return { id: BigInt(n + 1), total: new Decimal(n), memo: "x".repeat(100) };
}
const counts = { 1: exact.length, 2: 50000 };
export const countOf = (customer) => counts[customer] ?? 300000;

export class Pool {
  #socket = createServer().listen(0, "127.0.0.1");
  async release() {
    this.#socket.close();
    await once(this.#socket, "close");
    console.error("released after " + fetched);
  }
}
`;

/**
 * The documented interface that the recipe uses: a builder whose `stream()` is a Node stream of objects, and the settings of pg, whose
 * parsers make values of PostgreSQL's texts.
 */
const knex = `
import { Readable } from "node:stream";
import pg from "pg";
import { countOf, Pool, rowOf } from "stand-in";

export default function knex({ client, connection }) {
  if (client !== "pg" || connection.connectionString !== "postgres://db.test/shop") throw new Error("another database");
  const valueOf = (type, text) => connection.types.getTypeParser(pg.types.builtins[type], "text")(text);
  const dates = {
    issued_on: valueOf("DATE", "1969-12-31"),
    changed_at: valueOf("TIMESTAMPTZ", "1969-12-31 23:59:59.000001+00"),
  };
  const pool = new Pool();
  const database = (table) => {
    if (table !== "invoice") throw new Error("another table");
    let customer;
    const builder = {
      where: (condition) => ((customer = condition.customer_id), builder),
      orderBy: () => builder,
      stream() {
        let n = 0;
        return new Readable({
          objectMode: true,
          read() {
            // Customer 4's database has no more rows ready.
            if (customer === 4 && n === 1000) return;
            setImmediate(() => {
              try {
                this.push(n < countOf(customer) ? { ...(n === 0 && dates), ...rowOf(customer, n++) } : null);
              } catch (error) {
                this.destroy(error);
              }
            });
          },
        });
      },
    };
    return builder;
  };
  return Object.assign(database, { destroy: () => pool.release() });
}
`;

/** `findMany` with the options that the recipe uses. */
const prisma = `
import { countOf, Pool, rowOf } from "stand-in";

export class PrismaClient {
  #pool = new Pool();
  invoice = {
    async findMany({ where: { customerId, id: { gt } }, orderBy, take }) {
      if (orderBy.id !== "asc") throw new Error("another order");
      await new Promise(setImmediate);
      const first = gt === undefined ? 0 : Number(customerId === 1 ? 2n : gt);
      const count = Math.max(0, Math.min(take, countOf(customerId) - first));
      return Array.from({ length: count }, (_, n) => rowOf(customerId, first + n));
    },
  };
  $disconnect() {
    return this.#pool.release();
  }
}
`;

const exactLines = {
  knex: [
    "id,total,issued_on,changed_at",
    "-1,-0.05,1969-12-31,1969-12-31 23:59:59.000001+00",
    "9007199254740993,12345678901234567890.123456789,,",
    "",
  ],
  prisma: [
    "id,total,issuedOn,memo,scan",
    '-1,-0.05,1969-12-31T00:00:00.000Z,"a ""b"", c",\\x00ff',
    "9007199254740993,12345678901234567890.123456789,,,",
    "",
  ],
} as const;

const env = { DATABASE_URL: "postgres://db.test/shop" };

for (const name of ["knex", "prisma"] as const) {
  let files: WrittenFiles;
  let server: ServeProcess;

  before(async () => {
    files = await writePageFiles(name, { knex, "@prisma/client": prisma, "stand-in": shared });
    server = await startServe(["--workers", "1"], { cwd: files.path, env });
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
    await files[Symbol.asyncDispose]();
  });

  /** Rows that were fetched until the resource of this export was released. */
  const releasedAfter = async (release: number): Promise<number> => {
    for (;;) {
      const counts = [...server.stderr().matchAll(/^released after (\d+)$/gm)].map(([, count]) =>
        Number(count),
      );
      const count = counts[release - 1];
      if (count !== undefined) return count;
      await sleep(10);
    }
  };

  test(`a module of ${name}'s rows serves exact values, and all of them`, async () => {
    const few = await fetch(`${server.url}/exports/invoices.csv?customer=1`);
    assert.equal(await few.text(), exactLines[name].join("\r\n"));
    assert.equal(await releasedAfter(1), 2);
    const many = await (await fetch(`${server.url}/exports/invoices.csv?customer=2`)).text();
    const ids = many.split("\r\n").map((line) => line.split(",")[0]);
    assert.deepEqual(ids, ["id", ...Array.from({ length: 50_000 }, (_, n) => String(n + 1)), ""]);
    assert.equal(await releasedAfter(2), 50_002);
  });

  test(`a module of ${name}'s rows lets the command end`, async () => {
    const { stdout, stderr, exitCode } = await runCli(["export", "invoices", "--param", "customer=1"], {
      cwd: files.path,
      env,
    });
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout, exactLines[name].join("\r\n"));
  });

  test(`a client that leaves releases ${name}'s connections`, async () => {
    for (const [index, customer] of [5, 4].entries()) {
      const client = await connectTo(server.url, get(`/exports/invoices.csv?customer=${customer}`));
      await client.firstBytes();
      client.socket.destroy();
      const fetched = await releasedAfter(3 + index);
      assert.ok(fetched < 350_002, `${fetched} rows`);
    }
  });

  test(`a query of ${name} that fails midway cuts the body`, async () => {
    const response = await fetch(`${server.url}/exports/invoices.csv?customer=3`);
    assert.equal(response.status, 200);
    await assert.rejects(async () => await response.text(), /terminated/);
    await releasedAfter(5);
    const line = await server.logged(({ state }) => state === "failed");
    assert.match(JSON.stringify(line), /the query is lost/);
  });
}
