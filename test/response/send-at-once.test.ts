import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { connect, Socket } from "node:net";
import { Writable } from "node:stream";
import { test, type TestContext } from "node:test";
import { HttpResponse, send, type SendOptions, type SendOutcome } from "../../src/index.ts";
import { ask, portOf, readAll, serve, until } from "./serving.ts";

/** An answer whose socket takes bytes only when it is told to; it never emits `close` by itself. */
class SlowAnswer {
  readonly req = new IncomingMessage(new Socket());
  readonly res: ServerResponse;
  readonly written: Buffer[] = [];
  #onTaken: (() => void) | undefined;

  constructor() {
    Object.assign(this.req, { method: "GET", httpVersionMajor: 1, httpVersionMinor: 1 });
    this.res = new ServerResponse(this.req);
    const socket = new Writable({
      write: (chunk: Buffer, _encoding, onTaken) => {
        this.written.push(chunk);
        this.#onTaken = onTaken;
      },
    });
    this.res.assignSocket(socket as Socket);
  }

  take(): void {
    const onTaken = this.#onTaken;
    this.#onTaken = undefined;
    onTaken?.();
  }
}

/** Starts sending; `outcomes` is empty until the transfer has ended. */
function start(slow: SlowAnswer, response: HttpResponse, options: SendOptions): SendOutcome[] {
  const outcomes: SendOutcome[] = [];
  void (async () => outcomes.push(await send(response, slow.req, slow.res, options)))();
  return outcomes;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}

function countClosers(response: HttpResponse): () => number {
  let count = 0;
  response.onClose(() => (count += 1));
  return () => count;
}

test("joins short content with the head, and leaves it readable and changeable", async () => {
  for (const content of ["pong", "päng", Buffer.from([0x50, 0xff, 0, 0x80])]) {
    const slow = new SlowAnswer();
    const response = new HttpResponse(content);
    void send(response, slow.req, slow.res);
    const bytes = Buffer.from(content);
    assert.match(slow.written[0]?.toString("latin1") ?? "", /^HTTP\/1.1 200 OK\r\n/);
    assert.deepEqual(
      slow.written[0]?.subarray(-bytes.byteLength - 2),
      Buffer.concat([Buffer.from("\r\n"), bytes]),
    );
    response.write("!");
    assert.deepEqual(Buffer.from(response.content), Buffer.concat([bytes, Buffer.from("!")]));
  }
});

test("waits until the kernel has the last byte", async () => {
  const slow = new SlowAnswer();
  const response = new HttpResponse("pong");
  const closed = countClosers(response);
  const outcomes = start(slow, response, {});
  while (outcomes.length === 0) {
    assert.equal(closed(), 0);
    await turns(2);
    slow.take();
  }
  assert.deepEqual([outcomes[0]?.state, outcomes[0]?.bytes, outcomes[0]?.chunks], ["completed", 4, 1]);
  assert.match(Buffer.concat(slow.written).toString(), /\r\n\r\npong$/);
  assert.equal(closed(), 1);
});

const endings: Readonly<
  Record<string, { end: (slow: SlowAnswer, controller: AbortController) => void; options?: SendOptions }>
> = {
  "client-gone": { end: ({ req }) => void req.socket.destroy() },
  cancelled: { end: (_slow, controller) => controller.abort() },
  "timed-out": { end: () => undefined, options: { idleTimeoutMs: 20 } },
};

for (const [state, { end, options }] of Object.entries(endings)) {
  test(`ends as ${state} while the kernel hasn't taken short content`, async () => {
    for (const content of ["pong", Buffer.alloc(100_000)]) {
      const slow = new SlowAnswer();
      const response = new HttpResponse(content);
      const closed = countClosers(response);
      const controller = new AbortController();
      const outcomes = start(slow, response, { ...options, signal: controller.signal });
      await turns(3);
      assert.equal(outcomes.length, 0);
      end(slow, controller);
      await until(() => outcomes.length > 0);
      assert.deepEqual([outcomes[0]?.state, outcomes[0]?.bytes], [state, content.length]);
      assert.equal(closed(), 1);
      assert.equal(slow.res.listenerCount("finish") + slow.res.listenerCount("drain"), 0);
    }
  });
}

/** Answers one request by `answer`, and gives the outcome and what the client got. */
async function answerBy(
  t: TestContext,
  answer: (req: IncomingMessage, res: ServerResponse, response: HttpResponse) => Promise<SendOutcome>,
): Promise<{ outcome: SendOutcome; text: string; closers: number }> {
  const outcomes: SendOutcome[] = [];
  const response = new HttpResponse("pong", { headers: { "X-Mine": "1" } });
  const closed = countClosers(response);
  const server = createServer((req, res) => {
    void (async () => outcomes.push(await answer(req, res, response)))();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void server.close());
  const text = await readAll(await ask(t, portOf(server), "GET / HTTP/1.1", "Connection: close"));
  await until(() => outcomes.length > 0);
  const [outcome] = outcomes;
  assert.ok(outcome !== undefined);
  return { outcome, text, closers: closed() };
}

test("answers 500 without its own headers when a listener for the head throws", async (t) => {
  const { outcome, text, closers } = await answerBy(t, (req, res, response) => {
    const writeHead = res.writeHead.bind(res);
    res.writeHead = (...parameters: unknown[]): ServerResponse => {
      if (parameters[0] === 200) throw new Error("refused");
      return Reflect.apply(writeHead, res, parameters) as ServerResponse;
    };
    return send(response, req, res);
  });
  assert.match(text, /^HTTP\/1.1 500 /);
  assert.doesNotMatch(text, /X-Mine|pong/);
  assert.deepEqual([outcome.state, outcome.statusCode, outcome.bytes], ["failed", 500, 0]);
  assert.equal(outcome.error?.message, "refused");
  assert.equal(closers, 1);
});

test("cuts the connection when a wrapped end() throws", async (t) => {
  const { outcome, text, closers } = await answerBy(t, (req, res, response) => {
    res.end = () => {
      throw new Error("no end");
    };
    return send(response, req, res);
  });
  assert.equal(text, "");
  assert.deepEqual([outcome.state, outcome.error?.message], ["failed", "no end"]);
  assert.equal(closers, 1);
});

test("is cancelled by a listener for the head that aborts its signal", async (t) => {
  const { outcome, closers } = await answerBy(t, (req, res, response) => {
    const controller = new AbortController();
    const writeHead = res.writeHead.bind(res);
    res.writeHead = (...parameters: unknown[]): ServerResponse => {
      controller.abort();
      return Reflect.apply(writeHead, res, parameters) as ServerResponse;
    };
    return send(response, req, res, { signal: controller.signal });
  });
  assert.deepEqual([outcome.state, closers], ["cancelled", 1]);
});

test("fails when a listener for the head ends the answer", async (t) => {
  const { outcome, closers } = await answerBy(t, (req, res, response) => {
    const writeHead = res.writeHead.bind(res);
    res.writeHead = (...parameters: unknown[]): ServerResponse => {
      Reflect.apply(writeHead, res, parameters);
      return res.end();
    };
    return send(response, req, res);
  });
  assert.deepEqual([outcome.state, closers], ["failed", 1]);
  assert.match(outcome.error?.message ?? "", /nobody else ends/);
});

test("takes the event of an answer whose end() emits it at once", async () => {
  const slow = new SlowAnswer();
  slow.res.end = (): ServerResponse => {
    slow.res.emit("finish");
    return slow.res;
  };
  const outcome = await send(new HttpResponse("pong"), slow.req, slow.res);
  assert.deepEqual([outcome.state, outcome.bytes], ["completed", 4]);
});

test("shows the body to a wrapper of write() alone", async (t) => {
  const seen: unknown[] = [];
  const { outcome, text } = await answerBy(t, (req, res, response) => {
    const write = res.write.bind(res) as (chunk: unknown) => boolean;
    res.write = ((chunk: unknown) => {
      seen.push(chunk);
      return write(chunk);
    }) as typeof res.write;
    return send(response, req, res);
  });
  assert.equal(seen.length, 1);
  assert.match(text, /pong$/);
  assert.equal(outcome.state, "completed");
});

test("completes hundreds of pipelined short answers in their order", async (t) => {
  let count = 0;
  const served = await serve(t, () => new HttpResponse(`answer ${(count += 1)};`));
  const socket = connect({ port: served.port, host: "127.0.0.1" });
  const text = readAll(socket);
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(299));
  socket.end("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const numbers = [...(await text).matchAll(/answer (\d+);/g)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    Array.from({ length: 300 }, (_, index) => index + 1),
  );
  await until(() => served.outcomes.length === 300);
  assert.ok(served.outcomes.every(({ state, bytes }) => state === "completed" && bytes > 0));
});
