import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { terminalReport } from "../../bench/report/terminal/terminal.ts";
import { readExport } from "../../bench/load/read-export.ts";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { inOneOfThree } from "../harness/attempts.ts";
import { benchOwnServer } from "../harness/bench.ts";

const skip = !hasProcFiles;

/** Keeps four fifths of this process's time to itself, in slices too short to let anything time out. */
function takeMostOfACore(t: TestContext): void {
  let timer: NodeJS.Timeout | undefined;
  const spin = (): void => {
    const untilMs = performance.now() + 20;
    while (performance.now() < untilMs);
    timer = setTimeout(spin, 5);
  };
  spin();
  t.after(() => clearTimeout(timer));
}

test("a client with only a fifth of a core for a fast server says that it was the limit", async (t) => {
  takeMostOfACore(t);
  const { result, fault } = await benchOwnServer({
    rows: 200_000,
    scenarios: ["export"],
    deliveries: ["file"],
  });
  assert.equal(fault, null);
  assert.match(
    result.warnings.join("\n"),
    /^file is client-bound: the reader (itself was busy|had no core)/m,
  );
  assert.ok((result.rounds[0]?.arms["file"]?.["client_busy_ratio"] ?? 0) > 0.5);
  assert.match(terminalReport(result, { hasColor: false }), /file ¹/);
});

test("the curves of an export show its memory, its slot and its gaps, thinned", { skip }, async () => {
  const { result, fault } = await benchOwnServer({
    scenarios: ["export"],
    deliveries: ["streaming"],
    rows: 100_000,
  });
  assert.equal(fault, null);
  const curve = (metric: string): readonly (readonly [number, number])[] =>
    result.series?.find((item) => item.metric === metric && item.arm === "streaming")?.points ?? [];
  for (const metric of ["resident_bytes", "busy_slots", "chunk_gap_s"]) {
    const points = curve(metric);
    assert.ok(points.length > 2 && points.length <= 120, `${metric}: ${points.length}`);
    assert.deepEqual(
      points.map(([x]) => x),
      points.map(([x]) => x).toSorted((a, b) => a - b),
    );
  }
  assert.ok(curve("busy_slots").some(([, busy]) => busy > 0.5));
  assert.equal(curve("busy_slots")[0]?.[1], 0);
  assert.equal(curve("chunk_gap_s").at(-1)?.[0], 1);
});

/** Sends as much as is taken. */
async function endlessServer(t: TestContext): Promise<URL> {
  const sockets = new Set<Socket>();
  const content = Buffer.alloc(64 * 1024, "a");
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 ** 4}\r\n\r\n`);
      const write = (): void => {
        while (!socket.destroyed && socket.write(content));
      };
      socket.on("drain", write);
      write();
    });
  }).listen(0, "127.0.0.1");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return new URL(`http://127.0.0.1:${address.port}/`);
}

for (const bytesPerSecond of [20_000, 4 * 1024 ** 2]) {
  test(`a reader at ${bytesPerSecond} bytes a second is exact to two percent`, async (t) => {
    const url = await endlessServer(t);
    await inOneOfThree(async () => {
      const stop = new AbortController();
      const reads: { atMs: number; bytes: number }[] = [];
      const reading = readExport(url, {
        bytesPerSecond,
        signal: stop.signal,
        onRead(bytes) {
          reads.push({ atMs: performance.now(), bytes });
          if (bytes > bytesPerSecond * 3) stop.abort(new Error("enough"));
        },
      });
      await assert.rejects(reading, /enough/);
      const [first, last] = [reads[0], reads.at(-1)];
      assert.ok(first !== undefined && last !== undefined);
      const rate = ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000;
      assert.ok(Math.abs(rate / bytesPerSecond - 1) < 0.02, `${rate}`);
    });
  });
}
