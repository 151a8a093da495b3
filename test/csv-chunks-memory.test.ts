import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { csvChunks } from "../src/index.ts";
import { generatedSource } from "../src/source/synthetic/generated-source.ts";
import { liveMemory } from "./harness/live-memory.ts";

interface Paused {
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
  /** The chunks that the reader hasn't taken yet. */
  readonly held: Uint8Array;
}

async function pausedReaders(count: number): Promise<readonly Paused[]> {
  const readers: Paused[] = [];
  for (let seed = 0; seed < count; seed += 1) {
    const chunks = csvChunks(generatedSource("orders", { rows: 100_000, seed }));
    await chunks.next();
    const { value } = await chunks.next();
    readers.push({ chunks, held: value ?? new Uint8Array(0) });
  }
  return readers;
}

test("a paused reader holds its chunk and a few kilobytes, but no batch and no encoder", async () => {
  // The first exports need memory that stays: compiled code, and V8's type feedback.
  const earlier = await pausedReaders(100);
  const before = await liveMemory();
  const readers = await pausedReaders(200);
  const after = await liveMemory();
  const chunkBytes = readers.reduce((sum, { held }) => sum + held.byteLength, 0) / readers.length;
  const besideBytes = (after.arrayBuffers - before.arrayBuffers) / readers.length - chunkBytes;
  const heapBytes = (after.heapUsed - before.heapUsed) / readers.length;
  assert.ok(chunkBytes > 24 * 1024 && chunkBytes < 40 * 1024, `chunks of ${chunkBytes} bytes`);
  // The vectors of a batch are 25 kB.
  assert.ok(besideBytes < 2048, `${besideBytes} bytes beside the chunk`);
  // A separate writer for ten columns would take 10 kB.
  assert.ok(heapBytes < 8192, `${heapBytes} bytes of the heap`);
  for (const { chunks } of [...earlier, ...readers]) await chunks.return();
});

test("writes a picture of 20 MB without a string for each of its bytes", () => {
  const program = `import { csvChunks } from ${JSON.stringify(new URL("../src/index.js", import.meta.url).href)};
    let bytes = 0;
    for await (const chunk of csvChunks([[new Uint8Array(20e6)]], { columns: ["scan"], dialect: "unix" })) bytes += chunk.byteLength;
    console.log(bytes);`;
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--max-old-space-size=100", "--input-type=module", "--eval", program],
    { encoding: "utf8" },
  );
  // The header, and a line of \x, two digits a byte and the line ending.
  assert.deepEqual({ stdout, status }, { stdout: "40000008\n", status: 0 });
});
