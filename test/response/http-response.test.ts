import assert from "node:assert/strict";
import { once } from "node:events";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { test } from "node:test";
import { type Clock, type Content, HttpResponse } from "../../src/index.ts";

const text = (response: HttpResponse): string => Buffer.from(response.content).toString();

const contents: readonly (readonly [name: string, content: Content, expected: string])[] = [
  ["text", "abc", "abc"],
  ["bytes", new Uint8Array([97, 98]), "ab"],
  ["a Buffer", Buffer.from("ab"), "ab"],
  ["an ArrayBuffer", new Uint8Array([97, 98]).buffer, "ab"],
  ["a DataView", new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1), "b"],
  ["a number", 12_345, "12345"],
  ["a bigint", 9_007_199_254_740_993n, "9007199254740993"],
  ["an array of chunks", ["a", new Uint8Array([98]), 3], "ab3"],
  ["nothing in a list", [], ""],
];
for (const [name, content, expected] of contents) {
  test(`holds ${name} as bytes`, () => {
    const response = new HttpResponse(content);
    assert.equal(text(response), expected);
    assert.equal(Object.getPrototypeOf(response.content), Uint8Array.prototype);
    assert.equal(response.tell(), expected.length);
  });
}

test("is empty without content", () => {
  const response = new HttpResponse();
  assert.equal(response.tell(), 0);
  assert.deepEqual(response.content, new Uint8Array(0));
  assert.deepEqual([...response], []);
});

test("reads an iterable at once, and lets it clean up even if a chunk is refused", () => {
  const events: string[] = [];
  function* chunks(): Generator<string> {
    try {
      yield "a";
      // @ts-expect-error -- a caller in JavaScript may yield anything
      yield { not: "a chunk" };
    } finally {
      events.push("cleaned up");
    }
  }
  assert.throws(() => new HttpResponse(chunks()), { name: "TypeError", code: "SCSV_ARG_TYPE" });
  assert.deepEqual(events, ["cleaned up"]);
});

async function* asyncChunks(): AsyncGenerator<string> {
  yield "a";
}

test("refuses asynchronous content, and says what to use instead", async () => {
  for (const content of [asyncChunks(), new ReadableStream()]) {
    assert.throws(() => Reflect.construct(HttpResponse, [content]), /HttpResponse\.from\(body\)/);
  }
  assert.equal((await HttpResponse.from(asyncChunks())).text, "a");
});

test("refuses null and objects instead of writing their names", () => {
  for (const content of [null, {}, true, Symbol("x"), () => "a", [null], [undefined], [["a"]]]) {
    assert.throws(() => Reflect.construct(HttpResponse, [content]), {
      name: "TypeError",
      code: "SCSV_ARG_TYPE",
    });
  }
});

test("appends chunks and lines with nothing between them, and returns their bytes", () => {
  const response = new HttpResponse("é");
  response.write("b");
  response.writeLines(["c", new Uint8Array([100])]);
  assert.equal(response.text, "ébcd");
  assert.equal(response.tell(), 5);
});

test("returns its content and iterates repeatedly", () => {
  const response = new HttpResponse(["a", "b"]);
  assert.equal(text(response), text(response));
  assert.deepEqual([...response], [...response]);
  assert.equal([...response].length, 1);
});

test("decodes the text on each read", () => {
  const response = new HttpResponse("a");
  assert.equal(response.text, "a");
  response.write("b");
  assert.equal(response.text, "ab");
  response.text = "c";
  assert.equal(response.text, "c");
  response.content = ["d", "e"];
  assert.equal(response.text, "de");
});

test("keeps a byte order mark, and refuses bytes that are invalid in the charset", () => {
  assert.equal(new HttpResponse(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).text, "\ufeffa");
  assert.throws(() => new HttpResponse(new Uint8Array([0xff])).text, TypeError);
  assert.throws(() => new HttpResponse(new Uint8Array([0xff]), { charset: "us-ascii" }).text, TypeError);
});

test("writes text in the given charset, else that of the current Content-Type, else utf-8", () => {
  assert.deepEqual(new HttpResponse("é", { charset: "iso-8859-1" }).content, new Uint8Array([0xe9]));
  const response = new HttpResponse("é", { contentType: 'text/plain; Charset="ISO-8859-1"' });
  assert.deepEqual(response.content, new Uint8Array([0xe9]));
  assert.equal(response.text, "é");
  response.headers.set("Content-Type", "text/plain; charset=");
  assert.equal(response.charset, "utf-8");
  response.headers.set("Content-Type", "text/plain; charset=utf-16le");
  response.write("x");
  assert.equal(response.tell(), 3);
  response.charset = "us-ascii";
  assert.equal(response.charset, "us-ascii");
  assert.equal(response.headers.get("Content-Type"), "text/plain; charset=utf-16le");
});

test("refuses a charset it can't write, and text that a charset can't hold", () => {
  assert.throws(() => new HttpResponse("", { charset: "koi8-r" }), {
    name: "RangeError",
    code: "SCSV_ARG_RANGE",
  });
  assert.throws(() => new HttpResponse("€", { charset: "latin1" }), /U\+20AC/);
  assert.throws(() => new HttpResponse("é", { charset: "ascii" }), /U\+00E9/);
  assert.throws(() => new HttpResponse("a\ud800"), /U\+D800/);
  const unknown = new HttpResponse(new Uint8Array([1]), { contentType: "text/plain; charset=koi8-r" });
  assert.throws(() => unknown.write("a"), /koi8-r/);
  const inherited = new HttpResponse(new Uint8Array([1]), { contentType: "text/plain; charset=constructor" });
  assert.throws(() => inherited.write("a"), { code: "SCSV_ARG_RANGE" });
});

test("refuses content for a 304, whichever way it is given", () => {
  assert.throws(() => new HttpResponse("a", { statusCode: 304 }), { code: "SCSV_ARG_TYPE" });
  const response = new HttpResponse("", { statusCode: 304 });
  assert.throws(() => response.write("a"), /304/);
  assert.throws(() => {
    response.content = "a";
  }, /304/);
  response.content = "";
  assert.equal(response.tell(), 0);
});

test("keeps the parts it was given, without copying the big ones", () => {
  const big = new Uint8Array(1 << 20);
  const response = new HttpResponse([big, big]);
  assert.equal(response.parts.length, 2);
  assert.ok(response.parts.every((part) => part.buffer === big.buffer));
  response.write("small");
  assert.equal(response.parts.length, 3);
  assert.equal(response.tell(), (2 << 20) + 5);
  assert.equal(response.content.byteLength, response.tell());
  assert.equal(response.parts.length, 1);
});

test("gathers a million small parts into few big ones", () => {
  const response = new HttpResponse();
  for (let index = 0; index < 100_000; index += 1) response.write("0123456789");
  assert.equal(response.tell(), 1_000_000);
  assert.ok(response.parts.length <= 16, `${response.parts.length} parts`);
});

test("collects an async body, and closes its source even after a failure", async () => {
  const events: string[] = [];
  async function* chunks(fails: boolean): AsyncGenerator<string> {
    try {
      yield "a";
      await Promise.resolve();
      if (fails) throw new Error("broken");
      yield "b";
    } finally {
      events.push("closed");
    }
  }
  assert.equal((await HttpResponse.from(chunks(false), { contentType: "text/csv" })).text, "ab");
  await assert.rejects(HttpResponse.from(chunks(true)), /broken/);
  assert.deepEqual(events, ["closed", "closed"]);
  assert.equal((await HttpResponse.from(({ signal }) => [String(signal.aborted)])).text, "false");
});

test("yields the event loop every few milliseconds while it collects", async () => {
  let elapsedMs = 0;
  const clock: Clock = { nowMs: () => (elapsedMs += 1), wallMs: () => 0 };
  let turns = 0;
  const countTurn = (): void => {
    turns += 1;
    immediate = setImmediate(countTurn);
  };
  let immediate = setImmediate(countTurn);
  await HttpResponse.from(Array.from({ length: 100 }, String), { clock });
  clearImmediate(immediate);
  assert.ok(turns >= 10, `${turns} turns in 100 ms`);
});

test("provides a Node stream for libraries that write to one", async () => {
  const response = new HttpResponse();
  const writable = response.toWritable();
  const reused = Buffer.from("one,");
  writable.write(reused);
  writable.write("é");
  await new Promise((resolve) => void setImmediate(resolve));
  reused.fill("x");
  writable.end();
  await once(writable, "finish");
  assert.equal(response.text, "one,é");
});

test("takes text in the encodings of Node by its stream, as every stream of Node does", async () => {
  const texts: readonly (readonly [text: string, encoding?: BufferEncoding])[] = [
    ["é"],
    ["é", "utf8"],
    ["aGk=", "base64"],
    ["6869", "hex"],
    ["é", "latin1"],
    ["é", "utf16le"],
  ];
  for (const [written, encoding] of texts) {
    const response = new HttpResponse();
    const taken: Buffer[] = [];
    const ofNode = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        taken.push(chunk);
        done();
      },
    });
    for (const writable of [response.toWritable(), ofNode]) {
      writable.setDefaultEncoding(encoding ?? "utf8").end(written);
      await once(writable, "finish");
    }
    assert.deepEqual(Buffer.from(response.content), Buffer.concat(taken), encoding);
  }
  const latin1 = new HttpResponse(undefined, { charset: "iso-8859-1" });
  latin1.toWritable().write("é");
  assert.deepEqual(latin1.content, Uint8Array.of(0xe9));
});

test("shows its class, status and type, but not its content", () => {
  const response = new HttpResponse("secret", { statusCode: 404, contentType: "text/csv" });
  assert.equal(String(response), '<HttpResponse statusCode=404, "text/csv">');
  assert.equal(inspect(response), String(response));
  response.headers.delete("Content-Type");
  assert.equal(String(response), "<HttpResponse statusCode=404>");
});

test("serialises headers and content repeatedly, without cookies", () => {
  const response = new HttpResponse("body", { contentType: "text/plain", headers: { "X-Name": "é" } });
  response.setCookie("a", "1");
  const expected = "X-Name: é\r\nContent-Type: text/plain\r\n\r\nbody";
  assert.equal(Buffer.from(response.toBytes()).toString("latin1"), expected);
  assert.equal(Buffer.from(response.toBytes()).toString("latin1"), expected);
});
