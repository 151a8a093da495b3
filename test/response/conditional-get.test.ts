import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AnyResponse,
  conditionalGet,
  contentLength,
  HttpResponse,
  StreamingHttpResponse,
} from "../../src/index.ts";

const modified = "Tue, 01 Jan 2030 00:00:00 GMT";
const earlier = "Mon, 31 Dec 2029 23:59:59 GMT";
const transform = conditionalGet();

function stream(etag: string | null = '"v1"', lastModified: string | null = modified): StreamingHttpResponse {
  const response = new StreamingHttpResponse(() => assert.fail("read"), { contentType: "text/csv" });
  if (etag !== null) response.headers.set("ETag", etag);
  if (lastModified !== null) response.headers.set("Last-Modified", lastModified);
  return response;
}

const cases: readonly (readonly [
  headers: Record<string, string>,
  status: number,
  response?: StreamingHttpResponse,
])[] = [
  [{}, 200],
  [{ "if-none-match": '"v1"' }, 304],
  [{ "if-none-match": 'W/"v1"' }, 304],
  [{ "if-none-match": '"v0", W/"v1"' }, 304],
  [{ "if-none-match": "*" }, 304],
  [{ "if-none-match": '"v0"' }, 200],
  [{ "if-none-match": "v1" }, 200],
  [{ "if-none-match": '"v1"' }, 304, stream('W/"v1"')],
  [{ "if-none-match": '"v1"' }, 200, stream(null)],
  [{ "if-none-match": '"v0"', "if-modified-since": modified }, 200],
  [{ "if-modified-since": modified }, 304],
  [{ "if-modified-since": earlier }, 200],
  [{ "if-modified-since": "yesterday-ish" }, 200],
  [{ "if-modified-since": modified }, 200, stream('"v1"', null)],
  [{ "if-match": '"v1"' }, 200],
  [{ "if-match": "*" }, 200],
  [{ "if-match": '"v0"' }, 412],
  [{ "if-match": 'W/"v1"' }, 412],
  [{ "if-match": 'W/"v1"' }, 412, stream('W/"v1"')],
  [{ "if-match": '"v1"' }, 412, stream(null)],
  [{ "if-match": '"v0"', "if-none-match": '"v1"' }, 412],
  [{ "if-match": '"v1"', "if-none-match": '"v1"' }, 304],
  [{ "if-match": '"v1"', "if-unmodified-since": earlier }, 200],
  [{ "if-unmodified-since": earlier }, 412],
  [{ "if-unmodified-since": modified }, 200],
  [{ "if-unmodified-since": "never" }, 200],
  [{ "if-unmodified-since": earlier, "if-modified-since": modified }, 412],
];
for (const [headers, status, response = stream()] of cases) {
  const tag = response.headers.get("ETag") ?? "no tag";
  test(`answers ${JSON.stringify(headers)} for ${tag} with ${status}, and reads nothing`, () => {
    assert.equal(transform({ method: "GET", headers }, response).statusCode, status);
  });
}

const tagOf = (response: AnyResponse): string | undefined =>
  transform({ method: "GET", headers: {} }, response).headers.get("ETag");

test("gives equal buffered content the same strong tag, however it is split into parts", () => {
  const tag = tagOf(new HttpResponse("abc")) ?? "";
  assert.match(tag, /^"[\w-]{43}"$/);
  assert.equal(tagOf(new HttpResponse(["a", "bc"])), tag);
  assert.notEqual(tagOf(new HttpResponse("abd")), tag);
  assert.equal(tagOf(new HttpResponse("abc", { headers: { ETag: '"own"' } })), '"own"');
  assert.equal(tagOf(stream(null)), undefined);
});

test("adds no tag to a response that is empty, no-store or unsuccessful, or for other methods than GET and HEAD", () => {
  const untagged: readonly (readonly [method: string, response: HttpResponse])[] = [
    ["GET", new HttpResponse()],
    ["GET", new HttpResponse("a", { headers: { "Cache-Control": "private, No-Store" } })],
    ["GET", new HttpResponse("a", { statusCode: 404 })],
    ["POST", new HttpResponse("a")],
  ];
  for (const [method, response] of untagged) {
    assert.equal(transform({ method, headers: {} }, response).headers.has("ETag"), false);
  }
  const quoted = new HttpResponse("a", { headers: { "Cache-Control": 'ext="no-store, x"' } });
  assert.ok(transform({ method: "HEAD", headers: {} }, quoted).headers.has("ETag"));
});

test("doesn't change answers to other methods or with other statuses", () => {
  const headers = { "if-none-match": '"v1"', "if-match": '"v0"' };
  for (const method of ["POST", "PUT", "DELETE"]) {
    const response = stream();
    assert.equal(transform({ method, headers }, response), response);
  }
  const missing = stream();
  missing.statusCode = 404;
  assert.equal(transform({ method: "GET", headers }, missing), missing);
});

test("keeps the headers that a cache needs and the cookies of a 304's original, and closes it", async () => {
  const original = stream();
  original.headers.set("Cache-Control", "private");
  original.headers.set("Vary", "Accept-Encoding");
  original.headers.set("Content-Disposition", "attachment");
  original.setCookie("a", "1");
  let closed = 0;
  original.onClose(() => {
    closed += 1;
  });
  const answer = transform({ headers: { "if-none-match": '"v1"' } }, original);
  assert.deepEqual(
    [...answer.headers].map(([name]) => name),
    ["ETag", "Last-Modified", "Cache-Control", "Vary"],
  );
  assert.deepEqual(answer.cookies, ["a=1; Path=/"]);
  await answer.close();
  assert.ok(original.closed);
  assert.equal(closed, 1);
});

test("takes a Web request as well as a Node one", () => {
  const request = new Request("http://localhost/", { headers: { "If-None-Match": '"v1"' } });
  assert.equal(transform(request, stream()).statusCode, 304);
  assert.equal(
    transform({ method: "get", headers: { "If-None-Match": ['"v0"', '"v1"'] } }, stream()).statusCode,
    304,
  );
});

test("adds a missing length to buffered content, but not to a stream", () => {
  const request = { headers: {} };
  assert.equal(contentLength()(request, new HttpResponse("abc")).headers.get("Content-Length"), "3");
  const own = new HttpResponse("abc", { headers: { "content-length": "7" } });
  assert.equal(contentLength()(request, own).headers.get("Content-Length"), "7");
  assert.equal(contentLength()(request, stream()).headers.has("Content-Length"), false);
  assert.equal(
    contentLength()(request, new HttpResponse("", { statusCode: 204 })).headers.has("Content-Length"),
    false,
  );
});
