import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnyResponse,
  compress,
  conditionalGet,
  contentLength,
  type FileResponse,
  HttpResponse,
  type HttpResponseBase,
  type ResponseTransform,
  type SendOutcome,
  StreamingHttpResponse,
} from "../../src/index.ts";

/** True if two types are assignable to each other and neither is any; false doesn't satisfy it. */
type Equal<A, B> = 0 extends 1 & (A | B) ? false : [A] extends [B] ? ([B] extends [A] ? true : false) : false;

const use = (response: AnyResponse): Uint8Array | AsyncIterable<Uint8Array> => {
  if (response.streaming) {
    assert.ok(true satisfies Equal<typeof response, StreamingHttpResponse>);
    return response.streamingContent;
  }
  assert.ok(true satisfies Equal<typeof response, HttpResponse>);
  return response.content;
};

test("narrows the union by streaming", () => {
  assert.ok(use(new HttpResponse("a")) instanceof Uint8Array);
  assert.ok(Symbol.asyncIterator in use(new StreamingHttpResponse("a")));
});

test("makes the members of the other kind type errors", () => {
  const stream = new StreamingHttpResponse();
  const buffered = new HttpResponse();
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error -- a stream has no content
    () => stream.content,
    // @ts-expect-error -- nor can it be given any
    () => (stream.content = "a"),
    // @ts-expect-error -- nor text
    () => stream.text,
    // @ts-expect-error -- it isn't written to
    () => stream.write("a"),
    // @ts-expect-error -- not by lines either
    () => stream.writeLines(["a"]),
    // @ts-expect-error -- and has no position
    () => stream.tell(),
    // @ts-expect-error -- whether it is one can't be changed
    () => (stream.streaming = false),
    // @ts-expect-error -- one that comes over time isn't looped over
    () => [...stream],
  ];
  for (const attempt of refused) assert.throws(attempt);
  // @ts-expect-error -- buffered content is no stream
  assert.equal(buffered.streamingContent, undefined);
});

test("refuses bodies and contents of the wrong type", () => {
  const wrong: readonly (() => unknown)[] = [
    // @ts-expect-error -- content that comes over time needs HttpResponse.from
    () => new HttpResponse(new ReadableStream<string>()),
    // @ts-expect-error -- an object is no chunk
    () => new HttpResponse([{}]),
    // @ts-expect-error -- null is no body
    () => new StreamingHttpResponse(null),
  ];
  for (const attempt of wrong) assert.throws(attempt);
});

test("knows what the members are", () => {
  assert.ok(true satisfies Equal<HttpResponse["streaming"], false>);
  assert.ok(true satisfies Equal<StreamingHttpResponse["streaming"], true>);
  assert.ok(true satisfies Equal<FileResponse["streaming"], true>);
  assert.ok(true satisfies Equal<HttpResponse["content"], Uint8Array>);
  assert.ok(true satisfies Equal<StreamingHttpResponse["streamingContent"], AsyncIterable<Uint8Array>>);
  assert.ok(true satisfies Equal<SendOutcome["firstByteMs"], number | null>);
  assert.ok(true satisfies Equal<ReturnType<HttpResponseBase["close"]>, Promise<void>>);
  const transforms: readonly ResponseTransform[] = [compress(), conditionalGet(), contentLength()];
  assert.equal(transforms.length, 3);
});
