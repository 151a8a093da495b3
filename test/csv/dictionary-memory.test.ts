import assert from "node:assert/strict";
import { test } from "node:test";
import { CsvEncoder } from "../../src/index.ts";
import { generateBatch, generatedSource } from "../../src/source/synthetic/generated-source.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { liveMemory } from "../harness/live-memory.ts";

const { columns } = generatedSource("orders");

/** Encodes a row with its own null marker, as a client's query can request. */
function encodeWith(nullValue: string): void {
  new CsvEncoder(columns, resolveDialect("rfc4180", { nullValue })).encode(generateBatch("orders", 1, 0, 1));
}

async function heldBytes(): Promise<number> {
  const { heapUsed, arrayBuffers } = await liveMemory();
  return heapUsed + arrayBuffers;
}

test("does not keep a dictionary's encoded words for every dialect it was used with", async () => {
  for (let marker = 0; marker < 50; marker += 1) encodeWith(`early${marker}`);
  const before = await heldBytes();
  for (let marker = 0; marker < 400; marker += 1) encodeWith(`null${marker}`);
  const growth = (await heldBytes()) - before;
  // The encoded words for one dialect need 200 kB.
  assert.ok(growth < 4 * 1024 ** 2, `${growth} bytes more for 400 dialects`);
});
