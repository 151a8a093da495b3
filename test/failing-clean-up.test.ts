import assert from "node:assert/strict";
import { test } from "node:test";
import { compress, csvChunks, csvResponse, rowsSource, StreamingHttpResponse } from "../src/index.ts";
import { collect } from "./response/serving.ts";

/** Something to read that fails behind its first item if it should, and whose clean-up fails in any case. */
function failing<T>(item: T, fails: boolean): AsyncIterable<T> & { close(): Promise<void> } {
  return {
    async *[Symbol.asyncIterator]() {
      yield item;
      if (fails) throw new Error("the query failed");
    },
    close: () => Promise.reject(new Error("the connection is gone")),
  };
}

const columns = ["n"];
const notANumber = /^Row 1, column "n", is NaN/;
const queryFailed = /^the query failed$/;

for (const [what, chunks, reason] of [
  ["rows", () => csvChunks(failing([1], true), { columns }), queryFailed],
  [
    "rows of a function",
    () =>
      csvChunks(
        rowsSource(() => failing([1], true), { columns }),
        { columns },
      ),
    queryFailed,
  ],
  ["rows with a value that has no text", () => csvChunks(failing([NaN], false), { columns }), notANumber],
] as const) {
  test(`the reason why ${what} fail isn't lost when their clean-up fails too`, async () => {
    await assert.rejects(collect(chunks()), { message: reason });
  });
}

test("an error of the clean-up alone is the reason", async () => {
  await assert.rejects(collect(csvChunks(failing([1], false), { columns })), /the connection is gone/);
});

const gzip = compress({ codings: ["gzip"] });
const request = { method: "GET", headers: { "accept-encoding": "gzip" } };

for (const [what, response, reason] of [
  ["bytes", () => new StreamingHttpResponse(failing("x", true)), queryFailed],
  ["compressed bytes", () => gzip(request, new StreamingHttpResponse(failing("x", true))), queryFailed],
  ["rows", () => csvResponse(failing([1], true), { columns }), queryFailed],
  ["compressed rows", () => gzip(request, csvResponse(failing([1], true), { columns })), queryFailed],
  ["a value that has no text", () => csvResponse(failing([NaN], false), { columns }), notANumber],
] as const) {
  test(`a response of ${what} fails for the first reason, and keeps the error of the clean-up`, async () => {
    const sent = response();
    assert.ok(sent.streaming);
    await assert.rejects(collect(sent.streamingContent), { message: reason });
    await sent.close();
    assert.deepEqual(
      sent.closeErrors.map(({ message }) => message),
      ["the connection is gone"],
    );
  });
}
