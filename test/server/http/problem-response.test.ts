import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamCsvError } from "../../../src/errors.ts";
import { problemResponse } from "../../../src/server/http/problem-response.ts";

function coded(code: string): Error {
  return Object.assign(new Error(`${code}: open '/secret/path'`), { code });
}

for (const code of ["EMFILE", "ENFILE", "ENOMEM"]) {
  const thrown: readonly (readonly [what: string, error: Error])[] = [
    [code, coded(code)],
    [
      `a source that can't be read because of ${code}`,
      new StreamCsvError("SCSV_SOURCE_UNREADABLE", "Can't.", { cause: coded(code) }),
    ],
  ];
  for (const [what, error] of thrown) {
    test(`answers ${what} with 503, a Retry-After and no path`, () => {
      const response = problemResponse(error);
      assert.equal(response.statusCode, 503);
      assert.equal(response.headers.get("Retry-After"), "1");
      assert.match(response.text, /"code":"SCSV_BUSY"/);
      assert.doesNotMatch(response.text, /secret/);
    });
  }
}

test("answers any other fault with its own status", () => {
  assert.equal(problemResponse(coded("EIO")).statusCode, 500);
  assert.equal(problemResponse(new StreamCsvError("SCSV_BAD_PARAMETER", "No.")).statusCode, 400);
});
