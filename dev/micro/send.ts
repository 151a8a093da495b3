/**
 * Compares `send()` with a hand-written `res.write` + `drain` loop, for ready-made chunks of 64 KiB.
 *
 * One server answers all variants, alternating in one run in a different order each round, so that other programs
 * affect all of them. The server has its own process; the reader discards the bytes. A ratio is the median of the
 * rounds' ratios.
 *
 *     node dist/dev/micro/send.js [rounds] [MiB]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { median } from "../../bench/statistics/median.ts";
import { send, StreamingHttpResponse } from "../../src/index.ts";
import { readToEnd } from "./read-to-end.ts";

const chunk = new Uint8Array(64 * 1024).fill(0x61);
const variants = ["hand-written", "send-sync", "send-async"] as const;
type Variant = (typeof variants)[number];

function* chunks(count: number): Generator<Uint8Array, void, undefined> {
  for (let index = 0; index < count; index += 1) yield chunk;
}

async function* asyncChunks(count: number): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks(count);
}

async function writeByHand(res: ServerResponse, count: number): Promise<void> {
  res.writeHead(200, { "Content-Type": "text/csv" });
  for (let index = 0; index < count; index += 1) {
    if (!res.write(chunk)) await new Promise<void>((resolve) => void res.once("drain", resolve));
  }
  res.end();
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, variant, count] = req.url?.split("/") ?? [];
  if (variant === "hand-written") return writeByHand(res, Number(count));
  const body = variant === "send-sync" ? chunks(Number(count)) : asyncChunks(Number(count));
  await send(new StreamingHttpResponse(body, { contentType: "text/csv" }), req, res);
}

async function serve(): Promise<void> {
  const server = createServer((req, res) => void answer(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.send?.(server.address());
  await once(process, "disconnect");
  server.close();
}

/** Reads one answer until the connection ends; returns MB/s. */
async function read(port: number, variant: Variant, count: number): Promise<number> {
  const startMs = performance.now();
  const bytes = await readToEnd(port, `/${variant}/${count}`);
  if (bytes < count * chunk.byteLength) throw new Error(`${variant} gave ${bytes} bytes`);
  return bytes / 1e3 / (performance.now() - startMs);
}

async function measure(rounds: number, mebibytes: number): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ["serve"]);
  const [address]: { port: number }[] = await once(server, "message");
  const rates: Record<Variant, number[]> = { "hand-written": [], "send-sync": [], "send-async": [] };
  for (let round = -1; round < rounds; round += 1) {
    const order = variants.map(
      (_, index) => variants[(index + round + 1) % variants.length] ?? "hand-written",
    );
    for (const variant of round % 2 === 0 ? order : order.toReversed()) {
      const rate = await read(address?.port ?? 0, variant, mebibytes * 16);
      // The first round only warms up.
      if (round >= 0) rates[variant].push(rate);
    }
  }
  server.disconnect();
  const byHand = rates["hand-written"];
  for (const variant of variants) {
    const rate = median(rates[variant]) ?? Number.NaN;
    const ratios = rates[variant].map((value, round) => value / (byHand[round] ?? Number.NaN));
    const ratio = median(ratios) ?? Number.NaN;
    process.stdout.write(
      `${variant.padEnd(12)} ${rate.toFixed(0).padStart(6)} MB/s   ratio ${ratio.toFixed(3)}\n`,
    );
  }
}

const [rounds = "12", mebibytes = "512"] = process.argv.slice(2);
await (rounds === "serve" ? serve() : measure(Number(rounds), Number(mebibytes)));
