import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  FileResponse,
  HttpResponse,
  type HttpResponseBase,
  NotWritableError,
  StreamingHttpResponse,
} from "../../src/index.ts";
import { collect } from "./serving.ts";

/** The simplest model of a response. */
interface Model {
  readonly kind: "buffered" | "streaming" | "file";
  headers: [name: string, value: string][];
  cookies: [name: string, value: string][];
  statusCode: number;
  reasonPhrase: string | undefined;
  /** Content, or the unread rest of the body. */
  body: string;
  /** Closers that must run, in order. */
  closers: number[];
  isClosed: boolean;
}

/** The real response, and what its closers did. */
interface Real {
  readonly response: HttpResponseBase;
  readonly closed: number[];
  readonly returned: { count: number };
}

type Command = fc.AsyncCommand<Model, Real>;

function command(name: string, run: (model: Model, real: Real) => void | Promise<void>): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await run(model, real);
      agree(model, real);
    },
    toString: () => name,
  };
}

/** Everything that can be seen without changing it. */
function agree(model: Model, { response, closed, returned }: Real): void {
  assert.deepEqual([...response.headers], model.headers);
  assert.deepEqual(
    response.cookies.map((line) => line.split(";")[0]),
    model.cookies.map(([name, value]) => `${name}=${value}`),
  );
  assert.equal(response.statusCode, model.statusCode);
  if (model.reasonPhrase !== undefined) assert.equal(response.reasonPhrase, model.reasonPhrase);
  assert.equal(response.closed, model.isClosed);
  assert.deepEqual(closed, model.isClosed ? model.closers : []);
  assert.ok(returned.count <= 1);
  if (model.isClosed && model.kind !== "buffered") assert.equal(returned.count, 1);
  if (response instanceof HttpResponse) {
    assert.equal(response.text, model.body);
    assert.equal(response.tell(), Buffer.byteLength(model.body));
  }
}

function setHeader(model: Model, name: string, value: string): void {
  const index = model.headers.findIndex(([each]) => each.toLowerCase() === name.toLowerCase());
  if (index < 0) model.headers.push([name, value]);
  else model.headers[index] = [name, value];
}

function setCookie(model: Model, name: string, value: string): void {
  const index = model.cookies.findIndex(([each]) => each === name);
  if (index < 0) model.cookies.push([name, value]);
  else model.cookies[index] = [name, value];
}

const headerName = fc.constantFrom("X-A", "x-a", "X-a", "X-B", "x-b", "Cache-Control");
const headerValue = fc.constantFrom("", "1", "two words", "é");
const cookieName = fc.constantFrom("a", "b", "c");
const chunk = fc.constantFrom("", "x", "é", "long".repeat(3000));

const commands = [
  fc.tuple(headerName, headerValue).map(([name, value]) =>
    command(`set ${name}: ${value}`, (model, { response }) => {
      response.headers.set(name, value);
      setHeader(model, name, value);
    }),
  ),
  fc.tuple(headerName, headerValue).map(([name, value]) =>
    command(`setDefault ${name}: ${value}`, (model, { response }) => {
      response.headers.setDefault(name, value);
      if (!model.headers.some(([each]) => each.toLowerCase() === name.toLowerCase()))
        setHeader(model, name, value);
    }),
  ),
  headerName.map((name) =>
    command(`delete ${name}`, (model, { response }) => {
      const kept = model.headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase());
      assert.equal(response.headers.delete(name), kept.length < model.headers.length);
      model.headers = kept;
    }),
  ),
  fc.constantFrom("a\r\nb", "\0", "a\u0001").map((value) =>
    command(`set a bad value`, (_model, { response }) => {
      assert.throws(() => response.headers.set("X-A", value), { code: "SCSV_BAD_HEADER" });
    }),
  ),
  fc.tuple(cookieName, fc.constantFrom("1", "2")).map(([name, value]) =>
    command(`cookie ${name}=${value}`, (model, { response }) => {
      response.setCookie(name, value, { secure: true });
      setCookie(model, name, value);
    }),
  ),
  cookieName.map((name) =>
    command(`delete cookie ${name}`, (model, { response }) => {
      response.deleteCookie(name);
      setCookie(model, name, "");
    }),
  ),
  fc.constantFrom(200, 404, 599, 99, 600).map((statusCode) =>
    command(`status ${statusCode}`, (model, { response }) => {
      const assign = (): void => void (response.statusCode = statusCode);
      if (statusCode < 100 || statusCode > 599) return assert.throws(assign, RangeError);
      assign();
      model.statusCode = statusCode;
    }),
  ),
  fc.constantFrom("", "Fine").map((reasonPhrase) =>
    command(`reason ${reasonPhrase}`, (model, { response }) => {
      response.reasonPhrase = reasonPhrase;
      model.reasonPhrase = reasonPhrase;
    }),
  ),
  chunk.map((text) =>
    command(`write ${text.length}`, (model, { response }) => {
      if (!(response instanceof HttpResponse)) {
        const write: unknown = Reflect.get(response, "write");
        assert.ok(typeof write === "function");
        assert.throws(() => Reflect.apply(write, response, [text]), NotWritableError);
        return;
      }
      response.write(text);
      model.body += text;
    }),
  ),
  fc.array(chunk, { maxLength: 3 }).map((chunks) =>
    command(`assign ${chunks.length} chunks`, (model, { response }) => {
      if (response instanceof HttpResponse) {
        response.content = chunks;
        model.body = chunks.join("");
      } else {
        assert.throws(() => Reflect.set(response, "content", chunks), { code: "SCSV_ARG_TYPE" });
      }
    }),
  ),
  fc.constant(
    command("wrap", (_model, { response }) => {
      if (!(response instanceof StreamingHttpResponse)) return;
      const inner = response.streamingContent;
      response.streamingContent = (async function* () {
        yield* inner;
      })();
    }),
  ),
  fc.constant(
    command("pull one", async (model, { response }) => {
      if (!(response instanceof StreamingHttpResponse)) return;
      const step = await response.streamingContent[Symbol.asyncIterator]().next();
      const expected = model.isClosed ? "" : model.body.slice(0, 1);
      assert.equal(step.done === true ? "" : Buffer.from(step.value).toString(), expected);
      model.body = model.body.slice(1);
    }),
  ),
  fc.constant(
    command("read to the end", async (model, { response }) => {
      if (!(response instanceof StreamingHttpResponse)) return;
      assert.equal(await collect(response), model.isClosed ? "" : model.body);
      model.body = "";
    }),
  ),
  fc.boolean().map((fails) =>
    command(`onClose${fails ? " failing" : ""}`, (model, { response, closed }) => {
      const id = model.closers.length;
      response.onClose(() => {
        closed.push(id);
        if (fails) throw new Error(`closer ${id}`);
      });
      model.closers.push(id);
    }),
  ),
  fc.constant(
    command("close", async (model, { response }) => {
      await response.close();
      model.isClosed = true;
    }),
  ),
];

function setUp(kind: Model["kind"]): { model: Model; real: Real } {
  const body = "abc";
  const returned = { count: 0 };
  const source = {
    [Symbol.asyncIterator]: () => {
      const chunks = body[Symbol.iterator]();
      return {
        next: async () => chunks.next(),
        return: async () => {
          returned.count += 1;
          return { done: true as const, value: undefined };
        },
      };
    },
  };
  const options = { contentType: "text/plain; charset=utf-8" };
  const response = {
    buffered: () => new HttpResponse(body, options),
    streaming: () => new StreamingHttpResponse(source, options),
    file: () => new FileResponse(source, options),
  }[kind]();
  const model: Model = {
    kind,
    headers: [["Content-Type", "text/plain; charset=utf-8"]],
    cookies: [],
    statusCode: 200,
    reasonPhrase: undefined,
    body,
    closers: [],
    isClosed: false,
  };
  return { model, real: { response, closed: [], returned } };
}

for (const kind of ["buffered", "streaming", "file"] as const) {
  test(`agrees with a small model through any sequence of operations, as ${kind}`, async () => {
    // A failure prints its seed and path, which repeat the same sequence.
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), (sequence) =>
        fc.asyncModelRun(() => setUp(kind), sequence),
      ),
      { numRuns: 300 },
    );
  });
}
