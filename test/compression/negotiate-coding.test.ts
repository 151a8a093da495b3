import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { codings, negotiateCoding } from "../../src/compression/negotiate-coding.ts";

test("offers gzip and br on every Node, and zstd where Node has it", () => {
  const names = codings.map(({ name }) => name);
  assert.deepEqual(names, "createZstdCompress" in zlib ? ["zstd", "br", "gzip"] : ["br", "gzip"]);
});

test("prefers the server's order among codings to which the client gives one quality value", () => {
  assert.equal(negotiateCoding("gzip, deflate, br", ["gzip", "br"])?.name, "gzip");
  assert.equal(negotiateCoding("gzip, deflate, br", ["br", "gzip"])?.name, "br");
  assert.equal(negotiateCoding("gzip;q=1.0, br;q=0.9", ["br", "gzip"])?.name, "gzip");
  assert.equal(negotiateCoding("*", ["gzip"])?.name, "gzip");
});

test("skips a coding that this Node doesn't have", () => {
  const name = negotiateCoding("zstd, gzip", ["zstd", "gzip"])?.name;
  assert.equal(name, "createZstdCompress" in zlib ? "zstd" : "gzip");
});
