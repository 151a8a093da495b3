import assert from "node:assert/strict";
import { test } from "node:test";
import { csvChunks, type Row } from "../../src/index.ts";
import { liveMemory } from "../harness/live-memory.ts";

async function* rowsOf(count: number, pauseEvery: number): AsyncGenerator<Row> {
  for (let id = 0; id < count; id += 1) {
    if (id % pauseEvery === 0) await new Promise((resolve) => void setImmediate(resolve));
    yield { id, name: "Ann" };
  }
}

for (const [how, count, pauseEvery] of [
  ["that come without a pause", 200_000, 200_000],
  ["with a pause before each", 20_000, 1],
] as const) {
  test(`asynchronous rows ${how} leave nothing in memory, however many have been read`, async () => {
    const live: number[] = [];
    let bytes = 0;
    for await (const chunk of csvChunks(rowsOf(count, pauseEvery))) {
      const isQuarterOver = Math.floor((4 * bytes) / (11 * count)) > live.length;
      bytes += chunk.byteLength;
      if (isQuarterOver) live.push((await liveMemory()).heapUsed);
    }
    assert.ok(live.length >= 3, `${bytes} bytes`);
    const growth = Math.max(...live) - (live[0] ?? 0);
    // A promise kept for each row would be some 300 bytes.
    assert.ok(growth < 20 * count, `${growth} bytes more while ${count} rows were read`);
  });
}
