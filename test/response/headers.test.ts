import assert from "node:assert/strict";
import { test } from "node:test";
import { BadHeaderError, HttpResponse } from "../../src/index.ts";
import { ResponseHeaders } from "../../src/response/head/response-headers.ts";

test("finds a header in any case, and sends it in the case last written, at its first position", () => {
  const headers = new ResponseHeaders([
    ["X-First", "1"],
    ["X-Second", "2"],
  ]);
  headers.set("x-FIRST", "3");
  assert.equal(headers.get("X-first"), "3");
  assert.ok(headers.has("x-first"));
  assert.deepEqual(
    [...headers],
    [
      ["x-FIRST", "3"],
      ["X-Second", "2"],
    ],
  );
  assert.equal(headers.size, 2);
});

test("gives undefined for a missing header, and deletes it silently", () => {
  const headers = new ResponseHeaders();
  assert.equal(headers.get("X-None"), undefined);
  assert.equal(headers.delete("X-None"), false);
  headers.set("X-Some", 1);
  assert.equal(headers.delete("x-some"), true);
});

test("sets a default only if the name, in any case, has no value", () => {
  const headers = new ResponseHeaders({ "Cache-Control": "no-store" });
  headers.setDefault("cache-control", "public");
  headers.setDefault("X-Rows", 10);
  assert.equal(headers.get("Cache-Control"), "no-store");
  assert.equal(headers.get("x-rows"), "10");
});

test("takes headers as an object or as pairs", () => {
  assert.deepEqual(
    [...new ResponseHeaders({ A: "1", B: 2 })],
    [
      ...new ResponseHeaders(
        new Map<string, string | number>([
          ["A", "1"],
          ["B", 2],
        ]),
      ),
    ],
  );
});

const badNames = ["", "a b", "a:b", "a\r\nb", "a\nb", "a\0b", "é", "名"];
for (const name of badNames) {
  test(`refuses the header name ${JSON.stringify(name)}`, () => {
    assert.throws(() => new ResponseHeaders([[name, "v"]]), BadHeaderError);
  });
}

const badValues = [
  "a\r\nSet-Cookie: x=1",
  "a\rb",
  "a\nb",
  "a\0b",
  "a\u0001b",
  "a\u007fb",
  "名\r\n名",
  "\ud800\n",
];
for (const value of badValues) {
  test(`refuses the header value ${JSON.stringify(value)} when it is set`, () => {
    const headers = new ResponseHeaders();
    assert.throws(() => headers.set("X-Value", value), { name: "BadHeaderError", code: "SCSV_BAD_HEADER" });
    assert.equal(headers.has("X-Value"), false);
  });
}

test("keeps Latin-1 as it is, and writes other text as one encoded word on one line", () => {
  const headers = new ResponseHeaders({ Latin: "naïve", Tab: "a\tb" });
  headers.set("Other", "名前".repeat(100));
  assert.equal(headers.get("Latin"), "naïve");
  assert.equal(headers.get("Tab"), "a\tb");
  const word = /^=\?utf-8\?b\?([A-Za-z0-9+/=]+)\?=$/.exec(headers.get("Other") ?? "");
  assert.equal(Buffer.from(word?.[1] ?? "", "base64").toString(), "名前".repeat(100));
});

test("refuses a value that is neither text nor number", () => {
  for (const value of [null, undefined, {}, ["a"], true, Symbol("x")]) {
    assert.throws(() => Reflect.apply(ResponseHeaders.prototype.set, new ResponseHeaders(), ["X", value]), {
      name: "TypeError",
      code: "SCSV_ARG_TYPE",
    });
  }
});

test("refuses Set-Cookie, which has one line a cookie", () => {
  assert.throws(() => new ResponseHeaders({ "set-cookie": "a=1" }), /setCookie\(\)/);
});

test("defaults the type to html, in utf-8 or the given charset", () => {
  assert.equal(new HttpResponse().headers.get("Content-Type"), "text/html; charset=utf-8");
  assert.equal(
    new HttpResponse("", { charset: "iso-8859-1" }).headers.get("Content-Type"),
    "text/html; charset=iso-8859-1",
  );
});

test("keeps a content type from the headers, and refuses a second one", () => {
  const headers = { "content-type": "text/csv" };
  assert.equal(new HttpResponse("", { headers }).headers.get("Content-Type"), "text/csv");
  assert.throws(() => new HttpResponse("", { headers, contentType: "text/csv" }), { code: "SCSV_ARG_RANGE" });
});

test("gives a 304 no content type of its own", () => {
  assert.equal(new HttpResponse("", { statusCode: 304 }).headers.has("Content-Type"), false);
});
