import assert from "node:assert/strict";
import { test } from "node:test";
import { heldIn, type HeldNumbers } from "../../../dev/faults/check/rest.ts";
import { startServer } from "../../../src/server.ts";
import type { ServerStats } from "../../../src/server/metrics/server-stats.ts";
import { defaultSettings } from "../../../src/server/shared/settings.ts";
import { connectTo, get } from "../../harness/raw-client.ts";

test("a server at rest holds nothing, and one that sends a prepared file its lease", async () => {
  const server = await startServer({ port: 0, log: { ...defaultSettings.log, level: "silent" } });
  try {
    const stats = async (): Promise<ServerStats> =>
      (await (await fetch(`${server.url}/stats`)).json()) as ServerStats;
    assert.deepEqual(heldIn(await stats()), []);
    // More than the kernel buffers, and nobody reads it.
    const path = "/exports/orders.csv?delivery=file&rows=400000";
    const client = await connectTo(server.url, get(path));
    await client.firstBytes();
    client.socket.pause();
    while ((await stats()).spool.leases !== 1) await new Promise((resolve) => setTimeout(resolve, 20));
    const kinds = heldIn(await stats()).map(({ kind }) => kind);
    assert.ok(kinds.includes("a server at rest has leases of prepared files"), kinds.join(", "));
    client.socket.destroy();
    while (heldIn(await stats()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    server.kill();
    await server.stopped;
  }
});

test("a number that /stats doesn't have isn't taken for 0", () => {
  const bare = {
    total: {},
    backlog: {},
    bufferMemory: {},
    spool: {},
    exports: [],
  } as unknown as HeldNumbers;
  assert.deepEqual(
    heldIn(bare).map(({ kind }) => kind),
    [
      "busy slots",
      "queued requests",
      "bytes of buffer memory",
      "files being made",
      "leases of prepared files",
    ].map((what) => `a server at rest has ${what}`),
  );
});
