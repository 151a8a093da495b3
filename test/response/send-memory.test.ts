import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { HttpResponse, StreamingHttpResponse } from "../../src/index.ts";
import { liveMemory } from "../harness/live-memory.ts";
import { ask, serve } from "./serving.ts";

async function liveBytes(): Promise<number> {
  const { heapUsed, arrayBuffers } = await liveMemory();
  return heapUsed + arrayBuffers;
}

test("retains nothing that grows with the body, chunk by chunk", async (t) => {
  const live: number[] = [];
  const served = await serve(
    t,
    () =>
      new StreamingHttpResponse(async function* () {
        const row = new Uint8Array(1000).fill(0x61);
        for (let index = 0; index <= 40_000; index += 1) {
          if (index % 10_000 === 0) live.push(await liveBytes());
          yield row;
        }
      }),
  );
  const socket = await ask(t, served.port, "GET / HTTP/1.1", "Connection: close");
  socket.resume();
  await once(socket, "close");
  assert.equal((await served.outcome()).chunks, 40_001);
  const [, early = 0, , , late = 0] = live;
  // One kept promise a chunk would be some megabytes.
  assert.ok(late - early < 1_000_000, `${late - early} bytes more after 30,000 more chunks`);
});

test("sends buffered content without a second copy of it", async (t) => {
  const partBytes = 64 * 1024;
  const parts = Array.from({ length: 1024 }, () => new Uint8Array(partBytes));
  const response = await HttpResponse.from(parts);
  parts.length = 0;
  const before = await liveBytes();
  const served = await serve(t, () => response);
  const socket = await ask(t, served.port, "GET / HTTP/1.1", "Connection: close");
  socket.resume();
  await once(socket, "close");
  assert.equal((await served.outcome()).bytes, 1024 * partBytes);
  const growth = (await liveBytes()) - before;
  assert.ok(growth < 8 << 20, `${growth} bytes more`);
  assert.equal(response.parts.length, 1024);
});
