import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import {
  compress,
  csvResponse,
  FileResponse,
  HttpResponse,
  send,
  StreamingHttpResponse,
  toWebResponse,
  type AnyResponse,
  type SendOutcome,
} from "../../src/index.ts";
import { ask, portOf, readAll, until } from "./serving.ts";
import { exchange } from "./conformance/conformance.ts";

/** Makes a body that goes on only when the test says so. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

const text = "0\n1\n2\n3\n";

/** One response of each kind whose body is read once, which waits behind its first part. */
const kinds: Readonly<Record<string, (opened: Promise<void>) => AnyResponse>> = {
  "a stream": (opened) => new StreamingHttpResponse(waiting(opened)),
  "a stream that is compressed": (opened) => {
    const stream = new StreamingHttpResponse(waiting(opened));
    return compress()({ method: "GET", headers: { "accept-encoding": "identity" } }, stream);
  },
  "a stream with a length": (opened) =>
    new StreamingHttpResponse(waiting(opened), { headers: { "Content-Length": text.length } }),
  "a file's stream": (opened) => new FileResponse(waiting(opened), { filename: "numbers.txt" }),
  rows: (opened) =>
    csvResponse(
      (async function* () {
        yield [0];
        await opened;
        yield* [[1], [2], [3]];
      })(),
      { dialect: "unix", header: false, columns: ["n"] },
    ),
};

async function* waiting(opened: Promise<void>): AsyncGenerator<string> {
  yield "0\n";
  await opened;
  for (const number of [1, 2, 3]) yield `${number}\n`;
}

for (const [kind, make] of Object.entries(kinds)) {
  test(
    `sends ${kind} to one client, and tells a second one that comes meanwhile`,
    { timeout: 60_000 },
    async (t) => {
      const { open, opened } = gate();
      const response = make(opened);
      const outcomes: SendOutcome[] = [];
      const server = createServer((req, res) => {
        void (async () => outcomes.push(await send(response, req, res)))();
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      t.after(() => server.close().closeAllConnections());
      const first = await ask(t, portOf(server), "GET / HTTP/1.1", "Connection: close");
      const firstText = readAll(first);
      await once(first, "data");
      const answers = await Promise.all([
        exchange(portOf(server), "/"),
        exchange(portOf(server), "/", { method: "HEAD" }),
        exchange(portOf(server), "/", { version: "1.0" }),
      ]);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [500, 500, 500],
      );
      open();
      const got = await firstText;
      assert.match(got, /^HTTP\/1\.1 200 /);
      for (const number of [0, 1, 2, 3]) assert.match(got, new RegExp(`\\n${number}\\n`));
      await until(() => outcomes.length === 4);
      assert.deepEqual(
        outcomes.map(({ state }) => state),
        ["failed", "failed", "failed", "completed"],
      );
      assert.match(outcomes[0]?.error?.message ?? "", /being sent already/);
      assert.ok(response.closed);
    },
  );
}

test("sends content in memory to any number of clients at once", async (t) => {
  const response = new HttpResponse(text);
  const server = createServer((req, res) => void send(response, req, res));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  const answers = await Promise.all([1, 2, 3].map(() => exchange(portOf(server), "/")));
  assert.deepEqual(
    answers.map(({ body }) => body.toString()),
    [text, text, text],
  );
});

test("converts a stream for one client, and leaves it alone when it is converted or sent again", async () => {
  const response = new StreamingHttpResponse(["a", "b"]);
  const webResponse = toWebResponse(response);
  assert.throws(() => toWebResponse(response), { code: "SCSV_ARG_TYPE", message: /being sent already/ });
  assert.equal(await webResponse.text(), "ab");
});

for (const [what, headers] of Object.entries({ chunks: {}, "a length": { "Content-Length": 8 } })) {
  test(
    `reports a failure, not a client that left, when another handler ends a body of ${what}`,
    { timeout: 60_000 },
    async (t) => {
      const { open, opened } = gate();
      const errors: Error[] = [];
      const outcomes: SendOutcome[] = [];
      const server = createServer((req, res) => {
        const response = new StreamingHttpResponse(waiting(opened), { headers });
        void (async () =>
          outcomes.push(await send(response, req, res, { onError: (error) => errors.push(error) })))();
        setImmediate(() => res.end());
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      t.after(() => server.close().closeAllConnections());
      await readAll(await ask(t, portOf(server), "GET / HTTP/1.1", "Connection: close"));
      open();
      await until(() => outcomes.length === 1);
      assert.equal(outcomes[0]?.state, "failed");
      assert.match(errors[0]?.message ?? "", /nobody else ends/);
    },
  );
}
