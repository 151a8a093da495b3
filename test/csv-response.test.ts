import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { csvChunks, csvResponse, send, type Batch, type SendOutcome, type Source } from "../src/index.ts";
import { generatedSource } from "../src/source/synthetic/generated-source.ts";

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

const people = [
  { id: 1, name: "Ann" },
  { id: 2, name: 'Bo "B"' },
];

test("writes objects with their keys as columns, and arrays with the columns named", async () => {
  assert.equal(await textOf(csvChunks(people)), 'id,name\r\n1,Ann\r\n2,"Bo ""B"""\r\n');
  const arrays = [[1, "Ann"]];
  assert.equal(await textOf(csvChunks(arrays, { columns: ["id", "name"] })), "id,name\r\n1,Ann\r\n");
});

test("picks, orders and renames columns, of objects and of sources", async () => {
  const columns = [{ key: "name", header: "who" }, "id"];
  assert.equal(
    await textOf(csvChunks(people, { columns, dialect: "unix" })),
    'who,id\nAnn,1\n"Bo ""B""",2\n',
  );
  const source = generatedSource("orders", { rows: 2 });
  const options = { columns: [{ key: "id", header: "no" }], dialect: "unix" } as const;
  assert.equal(await textOf(csvChunks(source, options)), "no\n1\n2\n");
});

test("takes options of the dialect together with its name", async () => {
  const options = { dialect: "unix", header: false, delimiter: ";" } as const;
  assert.equal(await textOf(csvChunks(people, options)), '1;Ann\n2;"Bo ""B"""\n');
});

test("refuses invalid options at the call, not in the middle of a body", () => {
  assert.throws(() => csvChunks([], { delimiter: '"' }), RangeError);
  assert.throws(() => csvResponse([], { delimiter: "\n" }), RangeError);
  assert.throws(() => csvChunks(generatedSource("orders"), { columns: ["nope"] }), /"nope"/);
});

test("writes only the header for no rows, if the columns are known", async () => {
  assert.equal(await textOf(csvChunks([], { columns: ["a", "b"] })), "a,b\r\n");
  const none = generatedSource("orders", { rows: 0 });
  assert.equal(await textOf(csvChunks(none, { columns: ["id"] })), "id\r\n");
});

test("has the headers of a download, which can be replaced", () => {
  const response = csvResponse(people, { header: false, filename: "Größe.csv", statusCode: 201 });
  assert.equal(response.statusCode, 201);
  assert.equal(response.headers.get("Content-Type"), "text/csv; charset=utf-8; header=absent");
  const disposition = response.headers.get("Content-Disposition") ?? "";
  assert.match(disposition, /^attachment; filename=".*\.csv"; filename\*=UTF-8''Gr%C3%B6%C3%9Fe\.csv$/);
  assert.equal(response.headers.get("Cache-Control"), "private, no-store");
  const headers = { "content-type": "text/plain", "Cache-Control": "no-cache" };
  const own = csvResponse(people, { headers });
  assert.equal(own.headers.get("Content-Type"), "text/plain");
  assert.equal(own.headers.get("Cache-Control"), "no-cache");
});

test("returns the rows' iterator once when the iteration ends early, and fires a producer's signal", async () => {
  let returns = 0;
  let signal: AbortSignal | undefined;
  const rows = (context: { readonly signal: AbortSignal }): Iterable<object> => {
    signal = context.signal;
    return (function* () {
      try {
        for (let id = 1; ; id += 1) yield { id };
      } finally {
        returns += 1;
      }
    })();
  };
  const response = csvResponse(rows);
  for await (const chunk of response) {
    assert.ok(chunk.byteLength > 0);
    break;
  }
  await response.close();
  assert.equal(returns, 1);
  assert.equal(signal?.aborted, true);
});

for (const how of ["synchronous", "asynchronous"]) {
  test(`returns the iterator of ${how} rows whose header is refused`, async () => {
    let returns = 0;
    const one = { "=cmd": 1 };
    const rows = {
      next: () => ({ done: false as const, value: one }),
      return: () => {
        returns += 1;
        return { done: true as const, value: undefined };
      },
    };
    const chunks = csvChunks(
      how === "synchronous"
        ? { [Symbol.iterator]: () => rows }
        : {
            [Symbol.asyncIterator]: () => ({
              next: async () => rows.next(),
              return: async () => rows.return(),
            }),
          },
      { formulas: "reject" },
    );
    await assert.rejects(chunks.next(), { code: "SCSV_FORMULA" });
    assert.equal(returns, 1);
  });
}

test("sends the first byte before it pulls the second batch from the source", async () => {
  let release = (): void => undefined;
  // Created before the source awaits it, because the first byte may come sooner.
  const released = new Promise<void>((resolve) => (release = resolve));
  const source: Source = {
    name: "two",
    kind: "rows",
    columns: [{ name: "id", type: "integer" }],
    rowCount: 2,
    version: "1",
    async *read() {
      for (const id of [1, 2]) {
        if (id === 2) await released;
        const batch: Batch = { rowCount: 1, columns: [{ kind: "integer", values: Int32Array.of(id) }] };
        yield batch;
      }
    },
    close: () => Promise.resolve(),
  };
  const outcomes: Promise<SendOutcome>[] = [];
  const server = createServer((req, res) => outcomes.push(send(csvResponse(source), req, res)));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const request = get({ port: (server.address() as AddressInfo).port });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  // The second batch doesn't exist before this is released, so bytes that arrive now come before it.
  const [first] = (await once(response, "data")) as [Buffer];
  assert.equal(first.toString(), "id\r\n1\r\n");
  release();
  assert.equal(await textOf(response), "2\r\n");
  assert.equal((await outcomes[0])?.state, "completed");
  server.close();
});
