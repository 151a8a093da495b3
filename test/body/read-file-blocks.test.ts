import assert from "node:assert/strict";
import { mkdtemp, open, rm, truncate, writeFile, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { isLending } from "../../src/body/lend-chunks.ts";
import { type FileVersion, readFileBlocks } from "../../src/body/read-file-blocks.ts";

const mebibyte = 1024 ** 2;
/** No period of it divides a block, so a block in the wrong place isn't equal. */
const content = Buffer.alloc(
  12 * mebibyte + 5,
  Array.from({ length: 8191 }, (_, index) => index % 251).join(),
);

interface OpenedFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly version: FileVersion;
}

async function openFile(t: TestContext): Promise<OpenedFile> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-"));
  const path = join(folder, "file");
  await writeFile(path, content);
  const handle = await open(path);
  t.after(async () => {
    await handle.close();
    await rm(folder, { recursive: true });
  });
  return { path, handle, version: await handle.stat({ bigint: true }) };
}

function blocksOf({ handle, version }: OpenedFile, start = 0): AsyncGenerator<Uint8Array, void, undefined> {
  return readFileBlocks(handle, version, start, content.byteLength, { nowMs: () => 0, wallMs: () => 0 });
}

/** Reads the file from a byte on, waiting `waitMs(position)` after each block; returns the sizes of the blocks. */
async function readSizes(
  t: TestContext,
  start: number,
  waitMs: (position: number) => number,
): Promise<readonly number[]> {
  const { handle, version } = await openFile(t);
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, wallMs: () => nowMs };
  const sizes: number[] = [];
  let position = start;
  for await (const block of readFileBlocks(handle, version, start, content.byteLength, clock)) {
    assert.ok(content.subarray(position, position + block.byteLength).equals(block), `at ${position}`);
    position += block.byteLength;
    nowMs += waitMs(position);
    sizes.push(block.byteLength);
  }
  assert.equal(position, content.byteLength);
  return sizes;
}

/** Reads until the reader counts as fast; returns its next block. */
async function readToFast(blocks: AsyncGenerator<Uint8Array, void, undefined>): Promise<Uint8Array> {
  for (let position = 0; position < 8 * mebibyte;) position += (await blocks.next()).value!.byteLength;
  return (await blocks.next()).value!;
}

test("reads small blocks first, and larger ones once the reader has taken more than the kernel buffers", async (t) => {
  const sizes = await readSizes(t, 0, () => 1);
  assert.deepEqual(new Set(sizes.slice(0, 128)), new Set([64 * 1024]));
  assert.deepEqual(new Set(sizes.slice(128, -1)), new Set([512 * 1024]));
  assert.equal(sizes.at(-1), 5);
});

test("reads small blocks for a reader that was slow, however fast it becomes", async (t) => {
  const sizes = await readSizes(t, 3, (position) => (position < 2 * mebibyte ? 300 : 0));
  assert.equal(Math.max(...sizes), 64 * 1024);
});

test("reads small blocks again after a pause", async (t) => {
  const sizes = await readSizes(t, 0, (position) => (position === 9 * mebibyte ? 251 : 0));
  // Two until the pause, and one that was read meanwhile.
  assert.equal(sizes.filter((size) => size === 512 * 1024).length, 3);
  assert.deepEqual(new Set(sizes.slice(-40, -1)), new Set([64 * 1024]));
});

test("leaves a lent block alone until the next one is asked for, and reads that one meanwhile", async (t) => {
  const file = await openFile(t);
  const read = t.mock.method(file.handle, "read");
  const positions = (): unknown[] => read.mock.calls.map(({ arguments: values }) => [...values].at(3));
  const blocks = blocksOf(file);
  assert.ok(isLending(blocks));
  let block = await readToFast(blocks);
  for (let position = 8 * mebibyte; position < 10 * mebibyte; block = (await blocks.next()).value!) {
    const expected = content.subarray(position, (position += block.byteLength));
    while (positions().at(-1) !== position) await nextTurn();
    await read.mock.calls.at(-1)!.result;
    assert.ok(expected.equals(block));
  }
  await blocks.return();
});

test("reuses the memory of blocks", async (t) => {
  const memories = new Set<unknown>();
  for await (const block of blocksOf(await openFile(t))) memories.add(block.buffer);
  assert.equal(memories.size, 3);
});

test("gives large blocks to 32 readers at once, and to the next one when one of them has ended", async (t) => {
  const file = await openFile(t);
  const fast = Array.from({ length: 32 }, () => blocksOf(file));
  const late = blocksOf(file);
  for (const blocks of fast) assert.equal((await readToFast(blocks)).byteLength, 512 * 1024);
  assert.equal((await readToFast(late)).byteLength, 64 * 1024);
  for (const blocks of fast) await blocks.return();
  assert.equal((await late.next()).value!.byteLength, 512 * 1024);
  await late.return();
});

test("a block that couldn't be read ahead is an error of the next step only", async (t) => {
  const file = await openFile(t);
  const [kept, left] = [blocksOf(file), blocksOf(file)];
  await Promise.all([readToFast(kept), readToFast(left)]);
  await truncate(file.path, 9 * mebibyte);
  for (let position = 8.5 * mebibyte; position < 9 * mebibyte;) {
    const [{ value }] = await Promise.all([kept.next(), left.next()]);
    position += value!.byteLength;
  }
  // Time for a rejection that nobody handles.
  await pause(20);
  await left.return();
  await assert.rejects(kept.next(), { code: "SCSV_FILE_CHANGED", message: /ended at byte 9437184 of/u });
});
