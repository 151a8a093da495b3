import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createReadStream } from "node:fs";
import { opendir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { csvResponse, HttpResponse, type StreamingBody, StreamingHttpResponse } from "../../src/index.ts";
import { collect } from "./serving.ts";

/** A source that counts how often it is closed; a generator that wasn't started can't count that. */
function countingSource(events: string[], name = "source"): AsyncIterable<string> {
  let index = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => (index++ < 3 ? { done: false, value: name } : { done: true, value: undefined }),
      return: async () => {
        events.push(`${name} returned`);
        return { done: true, value: undefined };
      },
    }),
  };
}

async function* wrap(
  chunks: AsyncIterable<Uint8Array>,
  events: string[],
  name: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    events.push(`${name} ended`);
  }
}

test("runs closers once, in order of registration, and awaits each", async () => {
  const events: string[] = [];
  const response = new HttpResponse();
  response.onClose(async () => {
    await new Promise((resolve) => void setTimeout(resolve, 5));
    events.push("first");
  });
  response.onClose(() => {
    events.push("second");
    response.onClose(() => events.push("registered while closing"));
  });
  assert.equal(response.closed, false);
  await Promise.all([response.close(), response.close()]);
  await response.close();
  assert.equal(response.closed, true);
  assert.deepEqual(events, ["first", "second", "registered while closing"]);
});

test("runs a closer at once if it is registered after closing", async () => {
  const response = new HttpResponse();
  await response.close();
  let runs = 0;
  response.onClose(() => {
    runs += 1;
  });
  assert.equal(runs, 1);
});

test("runs all closers although some throw, and keeps their errors", async () => {
  const response = new HttpResponse();
  let ran = false;
  response.onClose(() => {
    throw new Error("sync");
  });
  response.onClose(() => Promise.reject(new Error("async")));
  response.onClose(() => {
    ran = true;
  });
  await response.close();
  assert.ok(ran);
  assert.deepEqual(
    response.closeErrors.map(({ message }) => message),
    ["sync", "async"],
  );
});

test("passes closers' errors to onError, and survives an onError that throws", async () => {
  const errors: Error[] = [];
  const response = new HttpResponse("", { onError: (error) => errors.push(error) });
  response.onClose(() => {
    throw new Error("told");
  });
  await response.close();
  assert.equal(errors[0]?.message, "told");
  assert.deepEqual(response.closeErrors, []);

  const throwing = new HttpResponse("", {
    onError: () => {
      throw new Error("hook");
    },
  });
  throwing.onClose(() => {
    throw new Error("closer");
  });
  await throwing.close();
  assert.equal(throwing.closeErrors.length, 2);
});

test("doesn't wait for ever for a closer that never settles", async () => {
  const events: string[] = [];
  const response = new HttpResponse();
  response.onClose(() => new Promise(() => undefined));
  response.onClose(() => events.push("next"));
  await response.close();
  assert.deepEqual(events, ["next"]);
});

test("handles the error of a closer that fails after its time-out", async () => {
  const response = new HttpResponse();
  const controller = new AbortController();
  response.onClose(() => once(new EventTarget(), "never", controller));
  await response.close();
  controller.abort();
  await new Promise((resolve) => void setImmediate(resolve));
  assert.equal(response.closeErrors[0]?.name, "AbortError");
});

test("is closed by await using", async () => {
  const response = new HttpResponse();
  {
    await using scoped = response;
    assert.equal(scoped.closed, false);
  }
  assert.equal(response.closed, true);
});

const readings: readonly (readonly [
  name: string,
  read: (response: StreamingHttpResponse) => Promise<unknown>,
])[] = [
  ["not started", async () => undefined],
  ["partly read", (response) => response.streamingContent[Symbol.asyncIterator]().next()],
  ["read to its end", collect],
  [
    "left early by a loop",
    async (response) => {
      for await (const _ of response) break;
    },
  ],
];
for (const [name, read] of readings) {
  test(`closes the innermost source exactly once when it was ${name}`, async () => {
    const events: string[] = [];
    const response = new StreamingHttpResponse(countingSource(events));
    await read(response);
    await response.close();
    await response.close();
    assert.deepEqual(events, ["source returned"]);
  });

  test(`closes the innermost source exactly once when it was wrapped twice and ${name}`, async () => {
    const events: string[] = [];
    const response = new StreamingHttpResponse(countingSource(events));
    response.streamingContent = wrap(response.streamingContent, events, "inner");
    response.streamingContent = wrap(response.streamingContent, events, "outer");
    await read(response);
    await response.close();
    assert.equal(events.filter((event) => event === "source returned").length, 1);
    assert.ok(events.filter((event) => event === "outer ended").length <= 1);
  });
}

test("closes replaced bodies too, but none before the response is closed", async () => {
  const events: string[] = [];
  const response = new StreamingHttpResponse(countingSource(events, "old"));
  response.streamingContent = countingSource(events, "new");
  assert.equal(await collect(response), "newnewnew");
  assert.equal(events.length, 0);
  await response.close();
  assert.deepEqual(
    events.toSorted((a, b) => a.localeCompare(b)),
    ["new returned", "old returned"],
  );
});

test("fires the signal with the reason before return()", async () => {
  const events: string[] = [];
  const response = new StreamingHttpResponse(({ signal }) => {
    signal.addEventListener("abort", () => events.push(`aborted: ${String(signal.reason)}`));
    return countingSource(events);
  });
  await response.streamingContent[Symbol.asyncIterator]().next();
  response.onClose(() => events.push("closer"));
  await response.close("enough");
  assert.deepEqual(events, ["aborted: enough", "source returned", "closer"]);
});

test("doesn't fire the signal of a body that was read to its end", async () => {
  let signal: AbortSignal | undefined;
  const response = new StreamingHttpResponse((context) => {
    ({ signal } = context);
    return ["a"];
  });
  await collect(response);
  await response.close();
  assert.equal(signal?.aborted, false);
});

test("never calls the producer of a body that was not started", async () => {
  const response = new StreamingHttpResponse(() => assert.fail("called"));
  await response.close();
  assert.equal(await collect(response), "");
  assert.deepEqual(response.closeErrors, []);
});

test("closes a body that an async producer returns after closing", async () => {
  const events: string[] = [];
  const producer = new EventEmitter();
  const response = new StreamingHttpResponse(async () => {
    await once(producer, "ready");
    return countingSource(events);
  });
  const reading = collect(response);
  const closing = response.close();
  producer.emit("ready");
  await closing;
  assert.equal(await reading, "");
  assert.deepEqual(events, ["source returned"]);
});

test("signals a source that never settles, then stops waiting for it", async () => {
  let signal: AbortSignal | undefined;
  const response = new StreamingHttpResponse(async function* (context) {
    ({ signal } = context);
    yield "a";
    await new Promise(() => undefined);
  });
  const chunks = response.streamingContent[Symbol.asyncIterator]();
  await chunks.next();
  void chunks.next();
  await response.close();
  assert.equal(signal?.aborted, true);
  assert.equal(response.closed, true);
});

test("runs the clean-up of a started generator, and keeps its error", async () => {
  const response = new StreamingHttpResponse(
    (function* () {
      try {
        yield "a";
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- that is what is tested
        throw new Error("in the clean-up");
      }
    })(),
  );
  await response.streamingContent[Symbol.asyncIterator]().next();
  await response.close();
  assert.equal(response.closeErrors[0]?.message, "in the clean-up");
});

test("destroys a Node stream, read or not, and waits until it is closed", async () => {
  for (const isRead of [false, true]) {
    const stream = Readable.from(["a", "b"]);
    const response = new StreamingHttpResponse(stream);
    if (isRead) await response.streamingContent[Symbol.asyncIterator]().next();
    await response.close();
    assert.ok(stream.destroyed);
    assert.ok(stream.closed);
    if (!isRead) assert.equal(stream.listenerCount("error"), 0);
  }
});

test("cancels a Web stream with the reason, also while a read is pending", async () => {
  const reasons: unknown[] = [];
  const make = (): ReadableStream<string> =>
    new ReadableStream({ cancel: (reason) => void reasons.push(reason) });
  const unread = new StreamingHttpResponse(make());
  await unread.close("unread");
  const pending = new StreamingHttpResponse(make());
  const reading = collect(pending);
  await pending.close("pending");
  assert.equal(await reading, "");
  assert.deepEqual(reasons, ["unread", "pending"]);
});

test("closes an iterable that has close() and whose iterator has no return()", async () => {
  const events: string[] = [];
  const cursor = {
    [Symbol.iterator]: () => ({ next: () => ({ done: false, value: "row" }) }),
    close: () => events.push("closed"),
  };
  const response = new StreamingHttpResponse(cursor);
  await response.close();
  assert.deepEqual(events, ["closed"]);
});

/** An iterable that holds something, with a generator or an iterator that reads it. */
const held: Readonly<Record<string, (events: string[]) => StreamingBody>> = {
  "a generator": (events) => ({
    *[Symbol.iterator]() {
      try {
        yield* ["a", "b"];
      } finally {
        events.push("returned");
      }
    },
    close: () => events.push("closed"),
  }),
  "an asynchronous generator": (events) => ({
    async *[Symbol.asyncIterator]() {
      try {
        yield* ["a", "b"];
      } finally {
        // The clean-up is over before the iterable is closed.
        await sleep(1);
        events.push("returned");
      }
    },
    close: async () => events.push("closed"),
  }),
  "an iterator with return()": (events) => ({
    ...countingSource(events),
    close: () => events.push("closed"),
  }),
};

const lives: Readonly<Record<string, (body: StreamingBody) => Promise<unknown>>> = {
  "is left unread": (body) => new StreamingHttpResponse(body).close(),
  "is abandoned": async (body) => {
    const response = new StreamingHttpResponse(body);
    await response[Symbol.asyncIterator]().next();
    await response.close();
    await response.close();
  },
  "is read to its end": async (body) => {
    const response = new StreamingHttpResponse(body);
    await collect(response);
    await response.close();
  },
  "is replaced": async (body) => {
    const response = new StreamingHttpResponse(body);
    response.streamingContent = ["other"];
    await response.close();
  },
  "is a promise's": (body) => HttpResponse.from(Promise.resolve(body as Iterable<string>)),
  "is a function's": (body) => HttpResponse.from(() => body as Iterable<string>),
  "is collected": (body) => HttpResponse.from(body),
};

for (const [name, make] of Object.entries(held)) {
  for (const [how, read] of Object.entries(lives)) {
    test(`closes an iterable with ${name} once, after its iterator, if it ${how}`, async () => {
      const events: string[] = [];
      await read(make(events));
      assert.equal(events.filter((event) => event === "closed").length, 1, events.join());
      assert.equal(events.at(-1), "closed");
      assert.ok(events.filter((event) => event.endsWith("returned")).length <= 1, events.join());
    });
  }
}

test("closes an iterable that writeLines() or content read, also if one of its chunks is refused", async () => {
  for (const chunks of [
    ["a", "b"],
    ["a", null],
  ]) {
    const events: string[] = [];
    const iterable = { [Symbol.iterator]: () => chunks.values(), close: () => events.push("closed") };
    for (const read of [
      (response: HttpResponse) => response.writeLines(iterable as Iterable<string>),
      (response: HttpResponse) => (response.content = iterable as Iterable<string>),
    ]) {
      const response = new HttpResponse();
      if (chunks.includes(null)) assert.throws(() => read(response), { code: "SCSV_ARG_TYPE" });
      else read(response);
      await response.close();
    }
    assert.deepEqual(events, ["closed", "closed"]);
  }
});

test("closes an iterable whose generator is stuck at once, which may wake it", async () => {
  let wake = (): void => undefined;
  const events: string[] = [];
  const stuck = {
    async *[Symbol.asyncIterator]() {
      try {
        yield "a";
        await new Promise<void>((resolve) => (wake = resolve));
      } finally {
        events.push("returned");
      }
    },
    close: () => {
      events.push("closed");
      wake();
    },
  };
  const response = new StreamingHttpResponse(stuck);
  const chunks = response[Symbol.asyncIterator]();
  await chunks.next();
  const pending = chunks.next();
  await response.close();
  await pending;
  assert.deepEqual(events, ["closed", "returned"]);
});

test("reports the errors of both return() and close()", async () => {
  const failing = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: "a" }),
      return: () => {
        throw new Error("return failed");
      },
    }),
    close: () => Promise.reject(new Error("close failed")),
  };
  const response = new StreamingHttpResponse(failing);
  await response.close();
  const [error] = response.closeErrors;
  assert.ok(error instanceof AggregateError);
  assert.deepEqual(
    error.errors.map((each: Error) => each.message),
    ["return failed", "close failed"],
  );
});

test("closes a folder and the lines of a file, read or not", async () => {
  for (const isRead of [false, true]) {
    const folder = await opendir(import.meta.dirname);
    const names = csvResponse(folder, { columns: ["name"] });
    const input = createReadStream(import.meta.filename);
    const lines = new StreamingHttpResponse(createInterface({ input }));
    for (const response of [names, lines]) {
      if (isRead) await response[Symbol.asyncIterator]().next();
      await response.close();
      assert.deepEqual(response.closeErrors, []);
    }
    // The rows of one that was read may have a next one pending, and then close after that.
    if (!isRead) await assert.rejects(async () => await folder.read(), { code: "ERR_DIR_CLOSED" });
    assert.ok(input.destroyed);
  }
});

test("survives a stream that fails after it was destroyed and doesn't tell when it is closed", async () => {
  let fail = (): void => undefined;
  const stream = new Readable({
    read() {},
    destroy(_error, done) {
      fail = () => done(new Error("the cursor couldn't be closed"));
    },
  });
  // As in readable-stream before its version 4, on which through2 and duplexify are built.
  Object.defineProperty(stream, "closed", { value: undefined });
  const response = new StreamingHttpResponse(stream);
  await response.close();
  assert.ok(stream.destroyed);
  fail();
  // An error that nobody listens to would end the process, and so this test.
  await new Promise((resolve) => void stream.once("close", resolve));
});

test("leaves no timer behind", async () => {
  const response = new HttpResponse();
  response.onClose(() => once(new EventTarget(), "never", { signal: AbortSignal.timeout(5) }));
  await response.close();
  const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout");
  assert.deepEqual(timers, []);
});
