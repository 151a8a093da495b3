import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { lendChunks } from "../../src/body/lend-chunks.ts";
import { compress, HttpResponse, StreamingHttpResponse, toWebResponse } from "../../src/index.ts";
import { serve } from "./serving.ts";

/** Chunks that all lie in one memory, which the next chunk overwrites, and what they hold together. */
function lent(sizes: readonly number[]): { readonly body: AsyncIterable<Uint8Array>; readonly text: string } {
  const memory = new Uint8Array(Math.max(1, ...sizes));
  const text = sizes.map((size, index) => String.fromCharCode(97 + (index % 26)).repeat(size)).join("");
  const body = lendChunks(
    (async function* () {
      for (const [index, size] of sizes.entries()) {
        yield memory.fill(97 + (index % 26)).subarray(0, size);
        await Promise.resolve();
        memory.fill(63);
      }
    })(),
  );
  return { body, text };
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  // Kept until all are there, as a caller may do.
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) kept.push(chunk);
  return Buffer.concat(kept).toString();
}

async function* doubled(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk;
}

/** Every way a body can leave a response without a socket. */
const ways: Readonly<Record<string, (body: AsyncIterable<Uint8Array>) => Promise<string>>> = {
  "its iteration": (body) => textOf(new StreamingHttpResponse(body)),
  streamingContent: (body) => textOf(new StreamingHttpResponse(body).streamingContent),
  "a producer": (body) => textOf(new StreamingHttpResponse(() => body)),
  "a promise": (body) => textOf(new StreamingHttpResponse(Promise.resolve(body))),
  "an asynchronous producer": (body) => textOf(new StreamingHttpResponse(() => Promise.resolve(body))),
  "a wrapper that is assigned": (body) => {
    const response = new StreamingHttpResponse(body);
    response.streamingContent = doubled(response.streamingContent);
    return textOf(response);
  },
  "another response": (body) => textOf(new StreamingHttpResponse(new StreamingHttpResponse(body))),
  "HttpResponse.from()": async (body) => (await HttpResponse.from(body)).text,
  "HttpResponse.from() of a producer": async (body) => (await HttpResponse.from(() => body)).text,
  "toWebResponse()": async (body) => await toWebResponse(new StreamingHttpResponse(body)).text(),
  "toWebResponse() of which chunks are kept": async (body) => {
    const { body: stream } = toWebResponse(new StreamingHttpResponse(body));
    assert.ok(stream);
    return await textOf(stream);
  },
  "compress()": async (body) => {
    const response = new StreamingHttpResponse(body);
    const request = { method: "GET", headers: { "accept-encoding": "gzip" } };
    compress({ codings: ["gzip"] })(request, response);
    const packed = await HttpResponse.from(response.streamingContent);
    return gunzipSync(packed.content).toString();
  },
};

for (const [name, way] of Object.entries(ways)) {
  test(`gives lent chunks right through ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 12 }), async (sizes) => {
        const { body, text } = lent(sizes);
        assert.equal(await way(body), text);
      }),
      { numRuns: 25 },
    );
  });
}

test("sends lent chunks right, whatever their sizes and whether the body has a length", async (t) => {
  let made = lent([]);
  let headers: Record<string, string> = {};
  const served = await serve(t, () => new StreamingHttpResponse(() => made.body, { headers }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 8 }),
      fc.boolean(),
      async (sizes, hasLength) => {
        made = lent(sizes);
        headers = hasLength ? { "Content-Length": String(made.text.length) } : {};
        assert.equal(await (await fetch(served.url)).text(), made.text);
      },
    ),
    { numRuns: 40 },
  );
});
