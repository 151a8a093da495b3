import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { createGzip, gunzipSync } from "node:zlib";
import { compressedSink } from "../../bin/compressed-sink.ts";
import type { Sink } from "../../bin/sink.ts";
import { liveMemory } from "../harness/live-memory.ts";

function sinkOf(write: Sink["write"]): Sink {
  return { write, finish: () => Promise.resolve(), abandon: () => Promise.resolve() };
}

/** Bytes that can hardly be compressed. */
const noise = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 2_654_435_761) >>> 13));

test("compresses what is written, and keeps nothing of a write that is done", async () => {
  const chunks: Uint8Array[] = [];
  const sink = compressedSink(
    sinkOf(async (chunk) => void chunks.push(Uint8Array.from(chunk))),
    createGzip(),
  );
  const line = Buffer.from("1,a\n");
  const writeMany = async (): Promise<void> => {
    for (let count = 0; count < 20_000; count += 1) await sink.write(line);
  };
  await writeMany();
  const before = (await liveMemory()).heapUsed;
  await writeMany();
  const kept = (await liveMemory()).heapUsed - before;
  assert.ok(kept < 1024 * 1024, `${kept} bytes`);
  await sink.finish();
  assert.equal(gunzipSync(Buffer.concat(chunks)).toString(), "1,a\n".repeat(40_000));
});

test("a write that waits, and each after it, fails with the sink", async () => {
  const sink = compressedSink(
    sinkOf(() => Promise.reject(new Error("the disk is full"))),
    createGzip(),
  );
  const writing = async (): Promise<void> => {
    for (;;) await sink.write(noise);
  };
  await assert.rejects(writing(), /the disk is full/);
  await assert.rejects(sink.write(noise), /the disk is full/);
  await sink.abandon();
});

test("is abandoned at once while the sink waits for a reader that never comes", async () => {
  const events = new EventEmitter();
  const sink = compressedSink(
    {
      write: async () => {
        events.emit("writing");
        await once(events, "abandoned");
        throw new Error("the pipe is closed");
      },
      finish: () => Promise.resolve(),
      abandon: () => Promise.resolve(void events.emit("abandoned")),
    },
    createGzip(),
  );
  const writing = once(events, "writing");
  void sink.write(noise).catch(() => undefined);
  await writing;
  await sink.abandon();
});
