import assert from "node:assert/strict";
import { test } from "node:test";
import { mostParts, partBytesOf } from "../../../../src/job/store/s3/part-size.ts";

const sizes = Array.from({ length: mostParts }, (_, index) => partBytesOf(index + 1));

test("parts have sizes that S3 takes", () => {
  assert.ok(sizes.every((bytes) => bytes >= 5 * 1024 ** 2 && bytes <= 5 * 1024 ** 3));
  assert.ok(sizes.every((bytes, index) => bytes >= (sizes[index - 1] ?? 0)));
});

test("all parts together hold 3.9 TiB, and the first 31 GiB need no larger memory", () => {
  const sum = (list: readonly number[]): number => list.reduce((total, bytes) => total + bytes, 0);
  assert.ok(sum(sizes) >= 3.9 * 1024 ** 4);
  assert.ok(sum(sizes.filter((bytes) => bytes === sizes[0])) >= 31 * 1024 ** 3);
});
