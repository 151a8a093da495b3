/**
 * Measures how exactly a throttled reader keeps its rate. It reads at several rates at once from a raw server in its
 * own process, and prints the deviation of each over the whole time.
 *
 *     node dist/dev/micro/throttle.js [seconds]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { readExport } from "../../bench/load/read-export.ts";

const rates = [20_000, 1024 ** 2, 16 * 1024 ** 2];
const tolerance = 0.02;

async function serve(): Promise<void> {
  const content = Buffer.alloc(64 * 1024, "a");
  const server = createServer((socket) => {
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
  await once(server, "listening");
  process.send?.(server.address());
  await once(process, "disconnect");
  server.close();
}

/** Bytes per second over the whole time, by the clock. */
async function rateOver(url: URL, bytesPerSecond: number, seconds: number): Promise<number> {
  const leaving = new AbortController();
  let first: { readonly atMs: number; readonly bytes: number } | undefined;
  let last = { atMs: 0, bytes: 0 };
  try {
    await readExport(url, {
      bytesPerSecond,
      signal: leaving.signal,
      onRead(bytes) {
        last = { atMs: performance.now(), bytes };
        first ??= last;
        if (last.atMs - first.atMs >= seconds * 1000) leaving.abort();
      },
    });
  } catch (fault) {
    // The body has no end: a reader disconnects after its time, which rejects too.
    if (!leaving.signal.aborted) throw fault;
  }
  const from = first ?? last;
  return ((last.bytes - from.bytes) / (last.atMs - from.atMs)) * 1000;
}

async function measure(seconds: number): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ["serve"]);
  const [{ port }] = (await once(server, "message")) as [{ readonly port: number }];
  const url = new URL(`http://127.0.0.1:${port}/`);
  const reading = rates.map((rate) => rateOver(url, rate, seconds));
  const measured = await Promise.all(reading).finally(() => server.disconnect());
  for (const [index, rate] of rates.entries()) {
    const off = (measured[index] ?? 0) / rate - 1;
    if (Math.abs(off) > tolerance) process.exitCode = 1;
    const sign = off < 0 ? "-" : "+";
    process.stdout.write(
      `${String(rate).padStart(9)} bytes/s: ${sign}${(Math.abs(off) * 100).toFixed(2)} % over ${seconds} s\n`,
    );
  }
}

const [seconds = "60"] = process.argv.slice(2);
await (seconds === "serve" ? serve() : measure(Number(seconds)));
