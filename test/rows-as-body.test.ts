import assert from "node:assert/strict";
import { once } from "node:events";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import {
  compress,
  conditionalGet,
  csvChunks,
  csvResponse,
  HttpResponse,
  type Row,
  type Rows,
  rowsSource,
  send,
  toWebResponse,
} from "../src/index.ts";
import { generatedSource } from "../src/source/synthetic/generated-source.ts";
import { ask, collect, serve, until } from "./response/serving.ts";

/** Rows that count how often they are closed. */
interface Watched {
  readonly rows: Rows;
  releases: number;
}

/** A kind of rows, with a function that makes this many and then never another. */
type Maker = (count: number) => Watched;

function rowOf(id: number): Row {
  return { id, text: "x".repeat(100) };
}

function nodeStream(count: number, onDestroyed: () => void): Readable {
  let id = 0;
  return new Readable({
    objectMode: true,
    read() {
      if (id < count) this.push(rowOf((id += 1)));
    },
    destroy(error, done) {
      onDestroyed();
      done(error);
    },
  });
}

/** A stream that is read by its events, since it has no asynchronous iterator. */
function eventStream(count: number, onDestroyed: () => void): Rows {
  return Object.defineProperty(nodeStream(count, onDestroyed), Symbol.asyncIterator, { value: undefined });
}

function webStream(count: number, onCancelled: () => void): ReadableStream<Row> {
  let id = 0;
  return new ReadableStream<Row>(
    {
      pull: (controller) => {
        if (id < count) controller.enqueue(rowOf((id += 1)));
        else return new Promise(() => undefined);
        return undefined;
      },
      cancel: onCancelled,
    },
    { highWaterMark: 0 },
  );
}

function iterator(count: number, onReturned: () => void): AsyncIterable<Row> {
  let id = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        id < count ? Promise.resolve({ done: false, value: rowOf((id += 1)) }) : new Promise(() => undefined),
      return: () => {
        onReturned();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
}

/** A cursor of a database library: a generator reads it, and only its own `close()` releases what it holds. */
function cursor(count: number, onClosed: () => void): AsyncIterable<Row> & { close(): Promise<void> } {
  return {
    async *[Symbol.asyncIterator]() {
      for (let id = 1; id <= count; id += 1) yield rowOf(id);
      await new Promise(() => undefined);
    },
    close: () => Promise.resolve(onClosed()),
  };
}

function watching(make: (count: number, onReleased: () => void) => Rows): Maker {
  return (count) => {
    const watched: { rows: Rows; releases: number } = { rows: [], releases: 0 };
    watched.rows = make(count, () => (watched.releases += 1));
    return watched;
  };
}

const held: readonly (readonly [name: string, make: Maker])[] = [
  ["a Node stream", watching(nodeStream)],
  ["a stream of events", watching(eventStream)],
  ["a Web stream", watching(webStream)],
  ["an iterator", watching(iterator)],
  ["an iterable with close()", watching(cursor)],
  ["a promise of a Node stream", watching((count, release) => Promise.resolve(nodeStream(count, release)))],
];

const produced: readonly (readonly [name: string, make: Maker])[] = [
  ["a Node stream that a function returns", watching((count, release) => () => nodeStream(count, release))],
  [
    "a Web stream that an async function returns",
    watching((count, release) => async () => {
      await sleep(1);
      return webStream(count, release);
    }),
  ],
];

for (const [name, make] of held) {
  test(`closes ${name} once when nothing of it is read`, async (t) => {
    const made: Watched[] = [];
    const response = (): ReturnType<typeof csvResponse> => {
      const watched = make(3);
      made.push(watched);
      return csvResponse(watched.rows);
    };
    // HEAD, 304, 204 and 412 over a socket.
    const tagged = { headers: { ETag: '"1"' } };
    const { url, outcome } = await serve(t, (req) => {
      const watched = make(3);
      made.push(watched);
      const statusCode = req.url === "/204" ? 204 : 200;
      return conditionalGet()(req, csvResponse(watched.rows, { ...tagged, statusCode }));
    });
    const statuses = [
      (await fetch(url, { method: "HEAD" })).status,
      (await fetch(url, { headers: { "If-None-Match": '"1"' } })).status,
      (await fetch(`${url}/204`)).status,
      (await fetch(url, { headers: { "If-Match": '"2"' } })).status,
    ];
    assert.deepEqual(statuses, [200, 304, 204, 412]);
    await outcome(3);
    await response().close();
    await toWebResponse(response(), { method: "HEAD", headers: {} }).text();
    await toWebResponse(response()).body?.cancel();
    const unread = make(3);
    made.push(unread);
    await csvChunks(unread.rows).return();
    const aborted = make(3);
    made.push(aborted);
    const controller = new AbortController();
    const chunks = csvChunks(aborted.rows, { signal: controller.signal });
    controller.abort(new Error("not wanted"));
    await assert.rejects(chunks.next(), /not wanted/);
    await until(() => made.every(({ releases }) => releases > 0));
    assert.deepEqual(
      made.map(({ releases }) => releases),
      made.map(() => 1),
    );
  });
}

test("closes one-time rows when their source is closed unread, and reads them only once", async () => {
  const { signal } = new AbortController();
  for (const [name, make] of held.filter(([one]) => !one.startsWith("an iter"))) {
    const watched = make(3);
    const source = rowsSource(watched.rows);
    await source.close();
    assert.equal(watched.releases, 1, name);
    const other = rowsSource(make(3).rows);
    for await (const _ of other.read({ signal })) break;
    await assert.rejects(
      async () => {
        for await (const _ of other.read({ signal })) assert.fail(name);
      },
      { name: "TypeError", code: "SCSV_ARG_TYPE", message: /^These rows have been read before/ },
    );
  }
});

for (const [name, make] of [...held, ...produced]) {
  test(`closes ${name} at once when a client disconnects while it is stuck`, async (t) => {
    for (const transform of [undefined, compress()]) {
      const watched = make(10);
      const { port, outcome } = await serve(t, (req) => {
        const response = csvResponse(watched.rows);
        return transform === undefined ? response : transform(req, response);
      });
      const socket = await ask(t, port, "GET / HTTP/1.1", "Accept-Encoding: gzip");
      await once(socket, "data");
      socket.destroy();
      assert.equal((await outcome()).state, "client-gone");
      await until(() => watched.releases > 0);
      assert.equal(watched.releases, 1);
    }
  });

  test(`closes ${name} at once when the chunks are returned or aborted while it is stuck`, async () => {
    const returned = make(10);
    const chunks = csvChunks(returned.rows);
    await chunks.next();
    const next = assert.rejects(chunks.next(), { code: "SCSV_CANCELLED" });
    await chunks.return();
    await next;
    const aborted = make(10);
    const controller = new AbortController();
    const others = csvChunks(aborted.rows, { signal: controller.signal });
    await others.next();
    const other = assert.rejects(others.next(), /enough/);
    controller.abort(new Error("enough"));
    await other;
    assert.deepEqual([returned.releases, aborted.releases], [1, 1]);
    assert.deepEqual(await others.next(), { done: true, value: undefined });
  });
}

test("neither calls a function nor starts a lazy query for HEAD", async (t) => {
  let calls = 0;
  const query = {
    // oxlint-disable-next-line unicorn/no-thenable -- as the queries of database libraries are
    then: (resolve: (rows: Row[]) => void): void => {
      calls += 1;
      resolve([{ id: 1 }]);
    },
  };
  const bodies: Rows[] = [
    query as unknown as PromiseLike<Row[]>,
    () => query as unknown as PromiseLike<Row[]>,
  ];
  for (const rows of bodies) {
    const { url, outcome } = await serve(t, () => csvResponse(rows));
    await fetch(url, { method: "HEAD" });
    await outcome();
    assert.equal(calls, 0);
    assert.equal(await (await fetch(url)).text(), "id\r\n1\r\n");
    assert.equal(calls, 1);
    calls = 0;
  }
});

test("fires a function's signal with the reason when the client disconnects, but not after the end", async (t) => {
  const signals: AbortSignal[] = [];
  const { port, url, outcome } = await serve(t, (req) =>
    csvResponse(({ signal }) => {
      signals.push(signal);
      return req.url === "/all" ? [[1]] : iterator(1, () => undefined);
    }),
  );
  const socket = await ask(t, port, "GET / HTTP/1.1");
  await once(socket, "data");
  socket.destroy();
  await outcome();
  assert.equal(signals[0]?.aborted, true);
  assert.ok(signals[0]?.reason instanceof DOMException);
  assert.equal(signals[0].reason.name, "AbortError");
  await (await fetch(`${url}/all`)).text();
  await outcome(1);
  assert.equal(signals[1]?.aborted, false);
});

const failing: readonly (readonly [name: string, make: () => Rows])[] = [
  [
    "a Node stream",
    () => {
      const stream = new Readable({ objectMode: true, read: () => undefined });
      setTimeout(() => stream.destroy(new Error("the table is gone")), 5);
      return stream;
    },
  ],
  [
    "a Web stream",
    () =>
      new ReadableStream<Row>({
        start: (controller) => void setTimeout(() => controller.error(new Error("the table is gone")), 5),
      }),
  ],
  ["a promise", () => Promise.reject(new Error("the table is gone"))],
];

for (const [name, make] of failing) {
  test(`answers 500 when ${name} failed before it was read, and continues`, async (t) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    t.after(() => process.off("unhandledRejection", note));
    const { url, outcome } = await serve(t, async () => {
      const response = csvResponse(make());
      await sleep(100);
      return response;
    });
    assert.equal((await fetch(url)).status, 500);
    const { state, error } = await outcome();
    assert.deepEqual([state, error?.message], ["failed", "the table is gone"]);
    assert.equal((await fetch(url, { method: "HEAD" })).status, 200);
    await outcome(1);
    await assert.rejects(collect(csvChunks(make())), /the table is gone/);
    await sleep(20);
    assert.deepEqual(unhandled, []);
  });
}

test("answers 500 where an async function rejects, if the first chunk is primed", async (t) => {
  const rows = async (): Promise<Row[]> => {
    await sleep(1);
    throw new Error("no connection");
  };
  const { url, outcome } = await serve(t, () => csvResponse(rows), { primeFirstChunk: true });
  assert.equal((await fetch(url)).status, 500);
  assert.equal((await outcome()).error?.message, "no connection");
});

test("cuts the connection when a stream of rows fails after the first byte, and destroys the stream", async (t) => {
  const watched = watching(nodeStream)(5000);
  const { url, outcome } = await serve(t, () => csvResponse(watched.rows));
  const answer = await fetch(url);
  const stream = watched.rows as Readable;
  stream.destroy(new Error("the table is gone"));
  await assert.rejects(answer.text());
  const { state, error } = await outcome();
  assert.deepEqual([state, error?.message, watched.releases], ["failed", "the table is gone", 1]);
});

test("takes rows from every kind of source", async () => {
  const rows: Row[] = [{ id: 1 }, { id: 2 }];
  const source = rowsSource(rows);
  const orders = generatedSource("orders", { rows: 2 });
  const each: readonly Rows[] = [
    rows,
    new Set(rows),
    Readable.from(rows),
    new ReadableStream<Row>({
      start: (controller) => {
        for (const row of rows) controller.enqueue(row);
        controller.close();
      },
    }),
    Promise.resolve(rows),
    source,
    Promise.resolve(source),
    async () => rows,
    async () => Readable.from(rows),
    () => source,
    async () => source,
    () => Promise.resolve(orders),
    orders,
  ];
  for (const one of each)
    assert.equal(await collect(csvChunks(one, { columns: ["id"] })), "id\r\n1\r\n2\r\n");
  assert.equal(await collect(csvChunks(source)), "id\r\n1\r\n2\r\n");
  const renamed = csvChunks(async () => orders, { columns: [{ key: "id", header: "no" }] });
  assert.equal(await collect(renamed), "no\r\n1\r\n2\r\n");
  await assert.rejects(collect(csvChunks(() => orders, { columns: ["nope"] })), {
    code: "SCSV_ARG_RANGE",
    message: /^The source "orders" has no column "nope"\. It has id,/,
  });
});

test("iterates a query that is also a promise, so that its rows aren't collected", async () => {
  const query = {
    // oxlint-disable-next-line unicorn/no-thenable -- as the queries of Mongoose are
    then: () => assert.fail("the whole result was asked for"),
    async *[Symbol.asyncIterator]() {
      yield { id: 1 };
    },
  };
  assert.equal(await collect(csvChunks(query)), "id\r\n1\r\n");
  assert.equal(await collect(csvChunks(() => query)), "id\r\n1\r\n");
});

test("doesn't close a given source, but ends its reading when the client disconnects", async (t) => {
  const events: string[] = [];
  const orders = generatedSource("orders", { rows: 1 });
  const source = {
    ...orders,
    async *read(options: Parameters<typeof orders.read>[0]) {
      options.signal.addEventListener("abort", () => events.push("aborted"));
      yield* orders.read(options);
      await new Promise(() => undefined);
    },
    close: async () => void events.push("closed"),
  };
  const { port, outcome } = await serve(t, () => csvResponse(() => source));
  const socket = await ask(t, port, "GET / HTTP/1.1");
  await once(socket, "data");
  socket.destroy();
  await outcome();
  assert.deepEqual(events, ["aborted"]);
});

test("can be collected, and sent with its own status and headers", async (t) => {
  assert.equal((await HttpResponse.from(csvChunks([[1]]))).text, "column1\r\n1\r\n");
  const { url } = await serve(t, () =>
    csvResponse([[1]], { statusCode: 201, headers: { "X-A": "1" }, dialect: "tsv", filename: "a.tsv" }),
  );
  const answer = await fetch(url);
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("x-a"), "1");
  assert.equal(answer.headers.get("content-type"), "text/tab-separated-values; charset=utf-8");
  assert.equal(answer.headers.get("content-disposition"), 'attachment; filename="a.tsv"');
  assert.equal(await answer.text(), "column1\n1\n");
});

test("doesn't touch rows when another argument is refused", async () => {
  let destroyed = 0;
  const stream = nodeStream(1, () => (destroyed += 1));
  for (const options of [
    { dialect: "exel" },
    { filename: 5 },
    { charset: "latin1" },
    { headers: { "X-A": "a\nb" } },
    { statusCode: 42 },
    { columns: [7] },
    { fileName: "a.csv" },
  ])
    assert.throws(() => csvResponse(stream, options as object), JSON.stringify(options));
  assert.equal(destroyed, 0);
  assert.equal(stream.listenerCount("error"), 0);
  stream.destroy();
});

const wrongCalls: readonly (readonly [call: () => unknown, name: string, message: RegExp])[] = [
  [() => csvResponse(null as never), "TypeError", /^Rows can't be null\. Use an iterable,/],
  [() => csvChunks(5 as never), "TypeError", /^Rows can't be 5\. Use/],
  [() => csvChunks("id,name" as never), "TypeError", /^Rows can't be "id,name"\. Use/],
  [() => csvChunks(Buffer.from("a") as never), "TypeError", /^Rows can't be an instance of Buffer\. Use/],
  [() => csvChunks({ id: 1 } as never), "TypeError", /^Rows can't be an instance of Object\. Use/],
  [() => rowsSource("id" as never), "TypeError", /^Rows can't be "id"\. Use/],
  [
    () => csvChunks([], null as never),
    "TypeError",
    /^The options of csvChunks\(\) must be an object, not null\.$/,
  ],
  [
    () => csvChunks([], { delimeter: ";" } as never),
    "RangeError",
    /^csvChunks\(\) has no option "delimeter"\. Did you mean "delimiter"\? It has columns, dialect, delimiter,/,
  ],
  [() => csvChunks([], { filename: "a" } as never), "RangeError", /^csvChunks\(\) has no option "filename"/],
  [
    () => csvResponse([], { fileName: "a" } as never),
    "RangeError",
    /^csvResponse\(\) has no option "fileName"\. Did you mean "filename"\? It has .*filename/,
  ],
  [() => csvResponse([], { filename: 5 } as never), "TypeError", /^filename is text, not 5\.$/],
  [
    () => csvResponse([], { charset: "latin1" } as never),
    "RangeError",
    /^charset must be "utf-8", not "latin1"/,
  ],
  [() => csvChunks([], { columns: "id" } as never), "TypeError", /^columns must be an array .* not "id"\.$/],
  [() => csvChunks([], { columns: [{ name: "id" }] } as never), "TypeError", /^A column must be a key or/],
  [() => csvChunks([], { signal: true } as never), "TypeError", /^signal is an AbortSignal, not true\.$/],
  [() => csvChunks([], { dialect: "exel" } as never), "RangeError", /"exel" is unknown: choose rfc4180/],
  [
    () => rowsSource([], { colums: [] } as never),
    "RangeError",
    /^rowsSource\(\) has no option "colums"\. Did you mean "columns"\? It has columns, name\.$/,
  ],
  [() => rowsSource([], { name: 5 } as never), "TypeError", /^name must be a string, not 5\.$/],
];

test("refuses wrong arguments at the call, with a code and a sentence that quotes them", () => {
  for (const [call, name, message] of wrongCalls)
    assert.throws(call, { name, code: name === "TypeError" ? "SCSV_ARG_TYPE" : "SCSV_ARG_RANGE", message });
});

test("refuses what a function returns when it can't be rows", async () => {
  await assert.rejects(collect(csvChunks((() => 5) as never)), {
    code: "SCSV_ARG_TYPE",
    message: /^Rows can't be 5/,
  });
  await assert.rejects(collect(csvChunks((async () => "id") as never)), { code: "SCSV_ARG_TYPE" });
});

test("ends as failed, and never hangs, when the transfer is aborted before the first pull", async (t) => {
  const watched = watching(nodeStream)(3);
  const { createServer } = await import("node:http");
  const server = createServer((req, res) => {
    void send(csvResponse(watched.rows), req, res, { signal: AbortSignal.abort() });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close());
  const address = server.address() as { readonly port: number };
  await assert.rejects(fetch(`http://127.0.0.1:${address.port}`));
  await until(() => watched.releases > 0);
  assert.equal(watched.releases, 1);
});
