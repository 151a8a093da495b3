import assert from "node:assert/strict";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readFileBlocks } from "../../src/body/read-file-blocks.ts";

const mebibyte = 1024 ** 2;
const content = Buffer.alloc(12 * mebibyte + 5, "0123456789abcdef\n");

/** Reads the file from a byte on, waiting `waitMs(position)` after each block; returns the sizes of the blocks. */
async function readSizes(
  t: TestContext,
  start: number,
  waitMs: (position: number) => number,
): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "file");
  await writeFile(file, content);
  await using handle = await open(file);
  const version = await handle.stat({ bigint: true });
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs };
  const blocks: Uint8Array[] = [];
  let position = start;
  for await (const block of readFileBlocks(handle, version, start, content.byteLength, clock)) {
    blocks.push(block);
    position += block.byteLength;
    nowMs += waitMs(position);
  }
  // Compared at the end, so that a block that is used twice is found.
  assert.ok(Buffer.concat(blocks).equals(content.subarray(start)));
  return blocks.map((block) => block.byteLength);
}

test("reads small blocks first, and larger ones once the reader has taken more than the kernel buffers", async (t) => {
  const sizes = await readSizes(t, 0, () => 1);
  assert.deepEqual(new Set(sizes.slice(0, 128)), new Set([64 * 1024]));
  assert.deepEqual(new Set(sizes.slice(128, -1)), new Set([256 * 1024]));
  assert.equal(sizes.at(-1), 5);
});

test("reads small blocks for a reader that was slow, however fast it becomes", async (t) => {
  const sizes = await readSizes(t, 3, (position) => (position < 2 * mebibyte ? 300 : 0));
  assert.equal(Math.max(...sizes), 64 * 1024);
});

test("reads small blocks again after a pause", async (t) => {
  const sizes = await readSizes(t, 0, (position) => (position === 9 * mebibyte ? 251 : 0));
  assert.equal(sizes.filter((size) => size === 256 * 1024).length, 4);
  assert.deepEqual(new Set(sizes.slice(-40, -1)), new Set([64 * 1024]));
});
