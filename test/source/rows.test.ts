import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { csvChunks, CsvEncoder, rowsSource, type Batch, type Row, type Source } from "../../src/index.ts";

const unhindered = new AbortController().signal;

async function batchesOf(source: Source, rows?: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  const options = rows === undefined ? { signal: unhindered } : { signal: unhindered, rows };
  for await (const batch of source.read(options)) batches.push(batch);
  return batches;
}

async function csvOf(source: Source): Promise<string> {
  const batches = await batchesOf(source);
  const encoder = new CsvEncoder(source.columns);
  return [encoder.header(), ...batches.map((batch) => encoder.encode(batch))]
    .map((bytes) => new TextDecoder().decode(bytes))
    .join("");
}

/** Counts how its iterator is used. */
function watched(rows: AsyncIterable<Row>): {
  readonly rows: AsyncIterable<Row>;
  returns: number;
  nexts: number;
} {
  const counts = {
    returns: 0,
    nexts: 0,
    rows: {
      [Symbol.asyncIterator](): AsyncIterator<Row> {
        const iterator = rows[Symbol.asyncIterator]();
        return {
          next: () => {
            counts.nexts += 1;
            return iterator.next();
          },
          return: async () => {
            counts.returns += 1;
            return (await iterator.return?.()) ?? { done: true, value: undefined };
          },
        };
      },
    },
  };
  return counts;
}

async function* endless(): AsyncGenerator<Row> {
  for (let id = 1; ; id += 1) {
    yield { id };
    await sleep(1);
  }
}

test("takes the columns from the keys of the first row, and reads those alone", async () => {
  const source = rowsSource([{ id: 1, name: "Ann" }, { name: "Bo", id: 2, more: true }, { id: 3 }]);
  assert.deepEqual(source.columns, []);
  assert.equal(source.rowCount, 3);
  assert.equal(await csvOf(source), "id,name\r\n1,Ann\r\n2,Bo\r\n3,\r\n");
});

test("finds the values of objects whose keys, or the order of them, differ from the first row's", async () => {
  const inherited: object = Object.assign(Object.create({ a: "inherited" }), { b: 4 });
  const rows = [
    { a: 1, b: 2 },
    { b: 3, a: 1, c: 0 },
    inherited,
    { a: 5 },
    {},
    { c: 6, a: 7, b: 8 },
    { a: 9, b: 10 },
  ];
  const text = "a,b\r\n1,2\r\n1,3\r\ninherited,4\r\n5,\r\n,\r\n7,8\r\n9,10\r\n";
  assert.equal(await csvOf(rowsSource(rows)), text);
});

test("finds values that the keys of an object don't show, and a key that is wanted twice", async () => {
  class Person {
    readonly id = 1;
    get name(): string {
      return "Ann";
    }
  }
  const people = rowsSource([new Person(), new Person()], { columns: ["name", "id"] });
  assert.equal(await csvOf(people), "name,id\r\nAnn,1\r\nAnn,1\r\n");
  const twice = rowsSource([{ id: 1 }, { id: 2 }], { columns: ["id", { key: "id", header: "again" }] });
  assert.equal(await csvOf(twice), "id,again\r\n1,1\r\n2,2\r\n");
});

test("takes nothing that every object inherits for a value, in a column of that name", async () => {
  const rows = [JSON.parse('{"__proto__":1,"id":2}') as object, { id: 3 }, { id: 4, toString: "five" }];
  assert.equal(await csvOf(rowsSource(rows)), "__proto__,id\r\n1,2\r\n,3\r\n,4\r\n");
  const columns = ["constructor", "id", "toString", "__proto__"];
  assert.equal(
    await csvOf(rowsSource(rows.slice(1), { columns })),
    `${columns.join()}\r\n,3,,\r\n,4,five,\r\n`,
  );
});

test("takes columns in the order and under the headers it is given", async () => {
  const columns = ["b", { key: "a", header: "The A" }];
  assert.equal(await csvOf(rowsSource([{ a: 1, b: 2 }], { columns })), "b,The A\r\n2,1\r\n");
  assert.equal(await csvOf(rowsSource([[1, 2], [3]], { columns })), "b,The A\r\n1,2\r\n3,\r\n");
});

test("columns of one header keep their own values, also where the source is one of rows", async () => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(rowsSource([[1, 2]], { columns: ["x", "x"] }))) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), "x,x\r\n1,2\r\n");
});

test("numbers the columns of arrays that come without names", async () => {
  // As the values of a row of exceljs, which are counted from 1.
  const values: unknown[] = [];
  values[1] = "a";
  assert.equal(await csvOf(rowsSource([values, ["b"]])), "column1,column2\r\n,a\r\nb,\r\n");
  assert.equal(await csvOf(rowsSource([["x", "y"]])), "column1,column2\r\nx,y\r\n");
});

test("an array can be read again, and a function is called for each reading, with the signal", async () => {
  const again = rowsSource([[1]]);
  assert.equal(await csvOf(again), await csvOf(again));
  const signals: AbortSignal[] = [];
  const called = rowsSource(({ signal }) => {
    signals.push(signal);
    return [[signals.length]];
  });
  assert.equal(await csvOf(called), "column1\r\n1\r\n");
  assert.equal(await csvOf(called), "column1\r\n2\r\n");
  assert.deepEqual(
    signals.map((signal) => signal instanceof AbortSignal && !signal.aborted),
    [true, true],
  );
});

test("closes a collection that can be read again with the source, not after a reading", async () => {
  let closes = 0;
  const collection = {
    *[Symbol.iterator]() {
      yield [1];
    },
    close: () => (closes += 1),
  };
  const asynchronous = {
    async *[Symbol.asyncIterator]() {
      yield* collection;
    },
    close: () => (closes += 1),
  };
  for (const rows of [collection, asynchronous]) {
    closes = 0;
    const source = rowsSource(rows);
    for (let reading = 0; reading < 2; reading += 1) assert.equal(await csvOf(source), "column1\r\n1\r\n");
    assert.equal(closes, 0);
    await Promise.all([source.close(), source.close()]);
    await source.close();
    assert.equal(closes, 1);
  }
});

test("yields the first row while the second is still being made", async () => {
  let made = 0;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  async function* slow(): AsyncGenerator<Row> {
    yield [(made += 1)];
    await released;
    yield [(made += 1)];
  }
  const iterator = rowsSource(slow()).read({ signal: unhindered })[Symbol.asyncIterator]();
  const first = await iterator.next();
  assert.equal(made, 1);
  release();
  assert.equal(first.done === true ? 0 : first.value.rowCount, 1);
  assert.equal((await iterator.next()).done, false);
  assert.equal((await iterator.next()).done, true);
});

test("groups rows that come without a pause, up to 256", async () => {
  async function* quick(): AsyncGenerator<Row> {
    for (let id = 0; id < 600; id += 1) yield [id];
  }
  const sizes = (await batchesOf(rowsSource(quick()))).map((batch) => batch.rowCount);
  assert.deepEqual(sizes, [256, 256, 88]);
  const ofArray = await batchesOf(rowsSource(Array.from({ length: 300 }, (_, id) => [id])));
  assert.deepEqual(
    ofArray.map((batch) => batch.rowCount),
    [256, 44],
  );
});

test("reads no more rows of many columns at a time than fill a batch with values", async () => {
  for (const [columns, expected] of [
    [64, [256, 44]],
    [1000, [...Array.from({ length: 18 }, () => 16), 12]],
    [20_000, Array.from({ length: 300 }, () => 1)],
  ] as const) {
    let made = 0;
    const mades: number[] = [];
    const cells = Array.from({ length: columns }, () => 1);
    const source = rowsSource(
      (function* () {
        for (; made < 300; made += 1) yield cells;
      })(),
    );
    const sizes: number[] = [];
    for await (const { rowCount, release } of source.read({ signal: unhindered })) {
      sizes.push(rowCount);
      mades.push(made);
      release?.();
    }
    assert.deepEqual(sizes, expected);
    assert.ok((mades[0] ?? 0) <= (expected[0] ?? 0), `${mades[0]} rows for the first batch`);
  }
});

test("uses the memory of a batch of many columns again once it was released, and only then", async () => {
  const rows = Array.from({ length: 40 }, (_, row) => Array.from({ length: 2000 }, () => row));
  const kept = await batchesOf(rowsSource(rows));
  assert.ok(kept.length > 4, `${kept.length} batches`);
  const columns = Array.from({ length: 2000 }, (_, column) => `c${column}`);
  const header = columns.map((name) => ({ name }));
  const expected = rows.map((row) => `${row.join(",")}\r\n`).join("");
  const encoder = new CsvEncoder(header);
  assert.equal(Buffer.concat(kept.map((batch) => encoder.encode(batch))).toString(), expected);
  const vectors = new Set<unknown>();
  const parts: Uint8Array[] = [];
  let last: Batch | undefined;
  for await (const batch of rowsSource(rows).read({ signal: unhindered })) {
    last?.release?.();
    parts.push(encoder.encode(batch));
    vectors.add(batch.columns[0]);
    batch.release?.();
    last = batch;
  }
  assert.equal(Buffer.concat(parts).toString(), expected);
  assert.ok(vectors.size < kept.length, `${vectors.size} vectors in ${kept.length} batches`);
});

test("reads the name of each of a source's columns once to find those that are named", async () => {
  const count = 2000;
  let reads = 0;
  const columns = Array.from({ length: count }, (_, place) => ({
    type: "mixed",
    get name() {
      reads += 1;
      return `c${place}`;
    },
  }));
  const source: Source = {
    name: "wide",
    kind: "rows",
    columns,
    rowCount: 1,
    version: "1",
    async *read({ columns: places = [] }) {
      yield {
        rowCount: 1,
        columns: places.map((place) => ({ kind: "integer", values: Int32Array.of(place) })),
      };
    },
    close: () => Promise.resolve(),
  };
  const names = Array.from({ length: count }, (_, place) => `c${count - 1 - place}`);
  let text = "";
  for await (const chunk of csvChunks(source, { columns: names })) text += Buffer.from(chunk).toString();
  assert.equal(text.split("\r\n")[1]?.split(",").slice(0, 3).join(), "1999,1998,1997");
  assert.ok(reads <= 4 * count, `${reads} reads`);
});

test("asks for nothing before the first batch is asked for, and for no row beyond the limit", async () => {
  const counts = watched(endless());
  const source = rowsSource(counts.rows);
  const reading = source.read({ signal: unhindered, rows: 3 });
  assert.equal(counts.nexts, 0);
  let rows = 0;
  for await (const batch of reading) rows += batch.rowCount;
  assert.deepEqual([rows, counts.nexts, counts.returns], [3, 3, 1]);
});

test("returns the iterator once when the reading is returned", async () => {
  const counts = watched(endless());
  for await (const batch of rowsSource(counts.rows).read({ signal: unhindered }))
    if (batch.rowCount > 0) break;
  assert.equal(counts.returns, 1);
});

test("returns the iterator once when it is aborted, also while it rests or waits for a row", async () => {
  const resting = watched(endless());
  const controller = new AbortController();
  const iterator = rowsSource(resting.rows).read({ signal: controller.signal })[Symbol.asyncIterator]();
  await iterator.next();
  controller.abort(new Error("enough"));
  assert.equal(resting.returns, 1);
  await assert.rejects(iterator.next(), /enough/);
  assert.equal(resting.returns, 1);

  async function* never(): AsyncGenerator<Row> {
    yield await new Promise<Row>(() => undefined);
  }
  const waiting = watched(never());
  const other = new AbortController();
  const next = rowsSource(waiting.rows).read({ signal: other.signal })[Symbol.asyncIterator]().next();
  await sleep(5);
  other.abort(new Error("enough"));
  await assert.rejects(next, /enough/);
  assert.equal(waiting.returns, 1);
});

test("returns the iterator once when it ends or throws, as it does for any other reason", async () => {
  async function* failing(): AsyncGenerator<Row> {
    yield [1];
    throw new Error("the table is gone");
  }
  const failed = watched(failing());
  await assert.rejects(batchesOf(rowsSource(failed.rows)), /the table is gone/);
  async function* two(): AsyncGenerator<Row> {
    yield [1];
    yield [2];
  }
  const ended = watched(two());
  assert.equal((await batchesOf(rowsSource(ended.rows))).length, 1);
  assert.deepEqual([failed.returns, ended.returns], [1, 1]);
});

test("names the row that has no shape a row may have", async () => {
  const shape = { code: "SCSV_ROW_SHAPE" };
  await assert.rejects(batchesOf(rowsSource([[1], 2 as unknown as Row])), { ...shape, row: 2 });
  await assert.rejects(batchesOf(rowsSource([null as unknown as Row])), { ...shape, row: 1 });
  await assert.rejects(batchesOf(rowsSource([[1], [1], [1, 2]])), {
    ...shape,
    row: 3,
    message: "Row 3 has 2 values for 1 column.",
  });
  await assert.rejects(batchesOf(rowsSource([undefined as unknown as Row])), {
    ...shape,
    message: "Row 1 is undefined, not an array or an object.",
  });
  await assert.rejects(batchesOf(rowsSource([Promise.resolve([1])])), {
    ...shape,
    message: "Row 1 is a promise, not an array or an object.",
  });
});

const nonRows: readonly (readonly [row: object, what: string])[] = [
  [Promise.resolve({ id: 2 }), "a promise"],
  [new Map([["id", 2]]), "an instance of Map"],
  [new Set([2]), "an instance of Set"],
  [Buffer.from("id\n2\n"), "an instance of Buffer"],
  [Float64Array.of(2), "an instance of Float64Array"],
  [new Date(0), "an instance of Date"],
  [new RangeError("away"), "an instance of RangeError"],
  [(function* () {})(), "an object"],
  [rowsSource([[2]]), "a source"],
];

test("refuses an object whose contents aren't its properties, in every row, instead of losing them", async () => {
  for (const [row, what] of nonRows) {
    const message = (number: number) => `Row ${number} is ${what}, not an array or an object.`;
    const shape = { code: "SCSV_ROW_SHAPE" };
    await assert.rejects(batchesOf(rowsSource([row])), { ...shape, row: 1, message: message(1) });
    await assert.rejects(batchesOf(rowsSource([row], { columns: ["id"] })), { ...shape, row: 1 });
    const second = rowsSource([{ id: 1 }, row]);
    await assert.rejects(batchesOf(second), { ...shape, row: 2, message: message(2) });
  }
  // A method has no text, so the cell would be empty.
  const named = rowsSource([new Map([["values", 2]])], { columns: ["values", "constructor"] });
  await assert.rejects(batchesOf(named), { code: "SCSV_ROW_SHAPE", row: 1 });
  class Account {
    readonly #id = 7;
    get id(): number {
      return this.#id;
    }
  }
  await assert.rejects(batchesOf(rowsSource([new Account()])), {
    message: "Row 1 is an instance of Account and has no properties of its own that tell the columns.",
  });
  assert.equal((await batchesOf(rowsSource([new Account()], { columns: ["id"] }))).length, 1);
  assert.equal((await batchesOf(rowsSource([{ id: 1 }, {}, { other: 2 }]))).length, 1);
});

test("takes what every object has for no value of a row", async () => {
  const columns = ["__proto__", "constructor", "toString", "id"];
  const options = { columns, nullValue: "NULL" };
  const rows = [{ id: 1 }, JSON.parse('{"id":2,"__proto__":"p","constructor":"Ferrari"}') as Row];
  let text = "";
  for await (const chunk of csvChunks(rows, options)) text += Buffer.from(chunk).toString();
  assert.equal(text, "__proto__,constructor,toString,id\r\nNULL,NULL,NULL,1\r\np,Ferrari,NULL,2\r\n");
});

test("refuses bytes and sources even if they have one of the columns as a property", async () => {
  for (const [row, key] of [
    [Buffer.from("abc"), "length"],
    [new ArrayBuffer(3), "byteLength"],
    [rowsSource([[1]]), "name"],
  ] as const) {
    const shape = { code: "SCSV_ROW_SHAPE" };
    const columns = [key];
    await assert.rejects(batchesOf(rowsSource([row], { columns })), { ...shape, row: 1 });
    await assert.rejects(batchesOf(rowsSource([{ [key]: 1 }, row], { columns })), { ...shape, row: 2 });
    await assert.rejects(batchesOf(rowsSource([{ [key]: 1 }, row])), { ...shape, row: 2 });
  }
  assert.equal(await csvOf(rowsSource([new Map([["id", 2]])], { columns: ["size"] })), "size\r\n1\r\n");
});

test("refuses a first row of bytes without listing them, which takes a gigabyte for a large file", async (t) => {
  const bytes = Buffer.from("id\n2\n");
  const keys = t.mock.method(Object, "keys");
  await assert.rejects(batchesOf(rowsSource([bytes])), { code: "SCSV_ROW_SHAPE", row: 1 });
  keys.mock.restore();
  assert.ok(keys.mock.calls.every(({ arguments: [listed] }) => listed !== bytes));
});

test("takes what an object's toJSON() gives for a row, unless columns are named", async () => {
  /** Like a document of Mongoose and an instance of Sequelize: values are read by accessors, and not all of them are shown. */
  class Account {
    readonly isNew = false;
    readonly dataValues: { readonly id: number; readonly name: string; readonly password: string };
    constructor(id: number) {
      this.dataValues = { id, name: `Account ${id}`, password: "secret" };
    }
    get id(): number {
      return this.dataValues.id;
    }
    get label(): string {
      return `#${this.id}`;
    }
    toJSON(): object {
      const { password: _, ...shown } = this.dataValues;
      return shown;
    }
  }
  const accounts = [new Account(1), new Account(2), { id: 3, name: "plain" }];
  const text = "id,name\r\n1,Account 1\r\n2,Account 2\r\n3,plain\r\n";
  const source = rowsSource(accounts);
  assert.equal(await csvOf(source), text);
  assert.equal(await csvOf(source), text, "read again");
  const named = rowsSource(accounts.slice(0, 2), { columns: ["label", "id"] });
  assert.equal(await csvOf(named), "label,id\r\n#1,1\r\n#2,2\r\n");
  const mixed = rowsSource([{ id: 1 }, new Account(2)]);
  assert.equal(await csvOf(mixed), "id\r\n1\r\n2\r\n");
});

test("reads each row before the next one is made, which may be the same object with other values", async () => {
  const list: unknown[] = [];
  const record: { id?: number } = {};
  function* lists(): Generator<Row> {
    for (let id = 1; id <= 600; id += 1) yield Object.assign(list, [id]);
  }
  async function* records(): AsyncGenerator<Row> {
    for (let id = 1; id <= 600; id += 1) yield Object.assign(record, { id });
  }
  const text = `id\r\n${Array.from({ length: 600 }, (_, index) => `${index + 1}\r\n`).join("")}`;
  assert.equal(await csvOf(rowsSource(lists(), { columns: ["id"] })), text);
  assert.equal(await csvOf(rowsSource(records())), text);
});

test("takes a result that is not a promise from an asynchronous iterator, as for await does", async () => {
  let id = 0;
  const next = (): unknown => (id < 3 ? { done: false, value: { id: (id += 1) } } : { done: true });
  const rows = { [Symbol.asyncIterator]: () => ({ next }) } as AsyncIterable<Row>;
  assert.equal(await csvOf(rowsSource(rows)), "id\r\n1\r\n2\r\n3\r\n");
});
