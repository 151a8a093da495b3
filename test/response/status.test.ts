import assert from "node:assert/strict";
import { test } from "node:test";
import { BadHeaderError, HttpResponse, StreamingHttpResponse } from "../../src/index.ts";

const make = (options: object): HttpResponse => new HttpResponse("", options);

test("takes a status from 100 to 599, also as text", () => {
  for (const statusCode of [100, 200, 599, "404"])
    assert.equal(make({ statusCode }).statusCode, Number(statusCode));
});

test("refuses a status outside 100 to 599, when made and when set", () => {
  for (const statusCode of [99, 600, -1, 200.5, Number.POSITIVE_INFINITY]) {
    assert.throws(() => make({ statusCode }), { name: "RangeError", code: "SCSV_ARG_RANGE" });
    assert.throws(() => {
      new HttpResponse().statusCode = statusCode;
    }, RangeError);
  }
});

test("refuses a status that is not a number", () => {
  for (const statusCode of ["teapot", "", Number.NaN, {}, null, true]) {
    assert.throws(() => make({ statusCode: statusCode ?? "null" }), {
      name: "TypeError",
      code: "SCSV_ARG_TYPE",
    });
  }
});

test("lets the reason follow the status until it is set", () => {
  const response = new HttpResponse();
  assert.equal(response.reasonPhrase, "OK");
  response.statusCode = 404;
  assert.equal(response.reasonPhrase, "Not Found");
  response.statusCode = 599;
  assert.equal(response.reasonPhrase, "Unknown Status Code");
  response.reasonPhrase = "Gone Fishing";
  response.statusCode = 200;
  assert.equal(response.reasonPhrase, "Gone Fishing");
});

test("keeps an empty reason empty", () => {
  assert.equal(make({ reasonPhrase: "" }).reasonPhrase, "");
});

test("refuses control characters and those outside Latin-1 in a reason", () => {
  for (const reasonPhrase of ["a\r\nb", "a\0", "\u007f", "\u0085", "名"]) {
    assert.throws(() => make({ reasonPhrase }), BadHeaderError);
    assert.throws(() => {
      new StreamingHttpResponse().reasonPhrase = reasonPhrase;
    }, BadHeaderError);
  }
  assert.equal(make({ reasonPhrase: "Très bien" }).reasonPhrase, "Très bien");
});
