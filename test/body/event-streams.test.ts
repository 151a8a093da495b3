import assert from "node:assert/strict";
import { Readable, Stream } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import {
  csvChunks,
  csvResponse,
  HttpResponse,
  type Row,
  type Rows,
  rowsSource,
  StreamingHttpResponse,
} from "../../src/index.ts";
import { collect, serve } from "../response/serving.ts";

/**
 * A stream as Node had it before its version 0.10, and as the packages through and JSONStream still make it: it emits what it has
 * unless it is paused.
 */
class OldStream extends Stream {
  readable = true;
  emitted = 0;
  destroys = 0;
  #isPaused = false;
  #isRunning = false;
  readonly #items: Iterator<unknown>;

  constructor(items: Iterable<unknown>) {
    super();
    this.#items = items[Symbol.iterator]();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (!this.#isPaused && this.readable) {
      const step = this.#items.next();
      if (step.done === true) this.#end();
      else if (step.value instanceof Error) this.emit("error", step.value);
      // An item that isn't there yet.
      else if (step.value === undefined) break;
      else {
        this.emitted += 1;
        this.emit("data", step.value);
      }
    }
    this.#isRunning = false;
  }

  destroy(): void {
    this.destroys += 1;
    this.readable = false;
    this.emit("close");
  }

  #end(): void {
    this.readable = false;
    this.emit("end");
    this.emit("close");
  }
}

/** The parts of a stream of the package readable-stream 3 that differ from Node's: `closed`, and an iterator that ends when the stream is destroyed. */
function readableStream3(count: number): Readable {
  let id = 0;
  const stream = new Readable({
    objectMode: true,
    read() {
      if (id < count) this.push({ id: (id += 1) });
    },
  });
  return Object.defineProperties(stream, {
    closed: { value: undefined },
    [Symbol.asyncIterator]: {
      value: async function* () {
        for (; !stream.destroyed; await sleep(1))
          for (let item: unknown = stream.read(); item !== null; item = stream.read()) yield item;
      },
    },
  });
}

/** Such streams have other types than Node's. */
function rowsOf(stream: OldStream): Rows {
  return stream as unknown as Rows;
}

function* rowsTo(count: number): Generator {
  for (let id = 1; id <= count; id += 1) yield { id };
}

/** One row, and then nothing. */
function* stuck(): Generator {
  yield { id: 1 };
  for (;;) yield undefined;
}

const isClosedEarly = { code: "ERR_STREAM_PREMATURE_CLOSE" };

test("reads a stream without an asynchronous iterator, as rows and as bytes", async () => {
  assert.equal(await collect(csvChunks(rowsOf(new OldStream(rowsTo(3))))), "id\r\n1\r\n2\r\n3\r\n");
  const many = await collect(csvChunks(async () => rowsOf(new OldStream(rowsTo(5000))) as object[]));
  assert.equal(many.split("\r\n").length, 5002);
  const body = new OldStream(["a", Buffer.from("b")]) as unknown as Readable;
  assert.equal((await HttpResponse.from(new StreamingHttpResponse(body).streamingContent)).text, "ab");
});

test("pauses it until it is read, and again when a few items wait", async () => {
  const stream = new OldStream(rowsTo(100_000));
  const chunks = csvChunks(rowsOf(stream));
  await sleep(5);
  assert.equal(stream.emitted, 0);
  await chunks.next();
  await sleep(5);
  const emitted = [stream.emitted];
  await chunks.next();
  await sleep(5);
  emitted.push(stream.emitted);
  assert.ok((emitted[0] ?? 0) <= 300 && (emitted[1] ?? 0) <= 600, emitted.join());
  await chunks.return();
  assert.equal(stream.destroys, 1);
  assert.deepEqual(
    ["data", "end", "close"].map((event) => stream.listenerCount(event)),
    [0, 0, 0],
  );
});

test("reads all that a stream emits although it was paused", { timeout: 20_000 }, async () => {
  // As those of event-stream do. A time that grows with the square of the items would be minutes here.
  const stream = new OldStream(rowsTo(400_000));
  stream.pause = () => undefined;
  const lines = (await collect(csvChunks(rowsOf(stream)))).split("\r\n");
  assert.deepEqual([lines.length, lines[400_000]], [400_002, "400000"]);
});

test("awaits such a stream that is a promise too, and refuses what only looks like one, as superagent's do", async () => {
  const then = (resolve: (rows: Row[]) => void): void => resolve([{ id: 7 }]);
  // oxlint-disable-next-line unicorn/no-thenable -- as a request of superagent
  const request = Object.assign(new OldStream(rowsTo(1)), { then });
  assert.equal(await collect(csvChunks(rowsOf(request))), "id\r\n7\r\n");
  const answer = Object.assign(new OldStream(rowsTo(1)), { readable: undefined });
  assert.throws(() => csvChunks(answer), { code: "SCSV_ARG_TYPE" });
});

test("fails with its error, even if the stream goes on or ends after it", async () => {
  for (const rest of [[], [{ id: 2 }]]) {
    const stream = new OldStream([{ id: 1 }, new Error("the table is gone"), ...rest]);
    const chunks = csvChunks(rowsOf(stream));
    await assert.rejects(collect(chunks), /the table is gone/);
    assert.equal(stream.destroys, 1);
  }
});

test("fails if a stream that is read by its events is closed before its end", async () => {
  const old = new OldStream(stuck());
  const newer = readableStream3(1);
  for (const [stream, rows] of [
    [old, rowsOf(old)],
    [newer, newer],
  ] as const) {
    const chunks = csvChunks(rows);
    await chunks.next();
    const next = assert.rejects(chunks.next(), isClosedEarly);
    await sleep(5);
    stream.destroy();
    await next;
  }
});

test("takes the end of a stream that was destroyed before it for a failure", async () => {
  // As streams of the package readable-stream 2 end where they are destroyed.
  const stream = Object.assign(new OldStream(stuck()), { destroyed: false });
  const chunks = csvChunks(rowsOf(stream));
  await chunks.next();
  const next = assert.rejects(chunks.next(), isClosedEarly);
  stream.destroyed = true;
  stream.emit("end");
  await next;
});

test("a stream that failed before it was read is a 500, and ends no process", async (t) => {
  const failing = [
    () => rowsOf(new OldStream(rowsTo(1))),
    () => readableStream3(1),
    // As a query of Knex that gets no connection: it emits the error and isn't destroyed.
    () => new Readable({ objectMode: true, read: () => undefined }),
  ];
  for (const make of failing) {
    const { url, outcome } = await serve(t, async () => {
      const rows = make();
      const response = csvResponse(rows);
      (rows as Readable).emit("error", new Error("no connection"));
      await sleep(5);
      return response;
    });
    assert.equal((await fetch(url)).status, 500);
    assert.equal((await outcome()).error?.message, "no connection");
    const rows = make();
    const chunks = csvChunks(rows);
    (rows as Readable).emit("error", new Error("no connection"));
    await assert.rejects(chunks.next(), /no connection/);
  }
});

test("refuses a stream of which nothing is left to read, as an empty file would say that there are no rows", async () => {
  const node = Readable.from([{ id: 1 }]);
  const old = new OldStream(rowsTo(1));
  const newer = readableStream3(1);
  newer.destroy();
  for (const rows of [node, rowsOf(old)]) assert.equal(await collect(csvChunks(rows)), "id\r\n1\r\n");
  for (const rows of [node, rowsOf(old), newer])
    for (const open of [csvChunks, csvResponse, rowsSource])
      assert.throws(() => open(rows), {
        name: "TypeError",
        code: "SCSV_ARG_TYPE",
        message:
          "A stream that has ended or was destroyed has nothing left to read. Pass one that nobody has read.",
      });
});
