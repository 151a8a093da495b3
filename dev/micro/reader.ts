/**
 * Compares how fast the bench's reader and a plain `node:http` client read bytes that cost nothing to make. The bench
 * can't measure servers faster than its reader. A raw server in its own process writes the same buffer repeatedly,
 * with a length or in chunks of 64 KiB. Variants alternate in a different order each round; a ratio is the median of
 * the rounds' ratios.
 *
 *     node dist/dev/micro/reader.js [rounds] [MiB]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { readExport } from "../../bench/load/read-export.ts";
import { median } from "../../bench/statistics/median.ts";

const chunkBytes = 64 * 1024;
const framings = ["length", "chunked"] as const;
type Framing = (typeof framings)[number];

const readers = {
  "node:http": readPlainly,
  reader: async (url: URL) => (await readExport(url)).bodyBytes,
  "reader, CRC-32": async (url: URL) => (await readExport(url, { checksum: true })).bodyBytes,
} as const;
type ReaderName = keyof typeof readers;

/** Reads with Node's client, and discards everything. */
async function readPlainly(url: URL): Promise<number> {
  const call = get(url, { agent: false });
  const [response] = (await once(call, "response")) as [IncomingMessage];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await once(response, "end");
  return bytes;
}

async function serve(): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (request: Buffer) => {
      const [, framing, count] = /^GET \/(\w+)\/(\d+)/.exec(request.toString("latin1")) ?? [];
      void sendBody(socket, framing === "chunked", Number(count));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.send?.(server.address());
  await once(process, "disconnect");
  server.close();
}

/** Writes the same megabyte repeatedly, so that the server only passes it to the kernel. */
async function sendBody(socket: Socket, isChunked: boolean, mebibytes: number): Promise<void> {
  const content = Buffer.alloc(chunkBytes, "0123456789abcdef,\n");
  const chunk = isChunked
    ? Buffer.concat([Buffer.from(`${chunkBytes.toString(16)}\r\n`), content, Buffer.from("\r\n")])
    : content;
  const mebibyte = Buffer.concat(Array.from({ length: 1024 ** 2 / chunkBytes }, () => chunk));
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${mebibytes * 1024 ** 2}`;
  socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n${framing}\r\n\r\n`);
  for (let index = 0; index < mebibytes && !socket.destroyed; index += 1) {
    if (!socket.write(mebibyte)) await new Promise<void>((resolve) => void socket.once("drain", resolve));
  }
  socket.end(isChunked ? "0\r\n\r\n" : "");
}

async function measure(rounds: number, mebibytes: number): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ["serve"]);
  const [{ port }] = (await once(server, "message")) as [{ readonly port: number }];
  const names = Object.keys(readers) as ReaderName[];
  const variants = framings.flatMap((framing) => names.map((name) => ({ framing, name })));
  const rates = new Map<string, number[]>();
  for (let round = -1; round < rounds; round += 1) {
    const order = variants.map((_, index) => variants[(index + round + 1) % variants.length]);
    for (const variant of round % 2 === 0 ? order : order.toReversed()) {
      if (variant === undefined) continue;
      const rate = await rateOf(variant, { port, mebibytes });
      const key = `${variant.framing} ${variant.name}`;
      // The first round only warms up.
      if (round >= 0) rates.set(key, [...(rates.get(key) ?? []), rate]);
    }
  }
  server.disconnect();
  for (const { framing, name } of variants) print(framing, name, rates);
}

/** MB/s. */
async function rateOf(
  { framing, name }: { readonly framing: Framing; readonly name: ReaderName },
  { port, mebibytes }: { readonly port: number; readonly mebibytes: number },
): Promise<number> {
  const startMs = performance.now();
  const bytes = await readers[name](new URL(`http://127.0.0.1:${port}/${framing}/${mebibytes}`));
  if (bytes !== mebibytes * 1024 ** 2) throw new Error(`${name} took ${bytes} bytes`);
  return bytes / 1e3 / (performance.now() - startMs);
}

function print(framing: Framing, name: ReaderName, rates: ReadonlyMap<string, readonly number[]>): void {
  const own = rates.get(`${framing} ${name}`) ?? [];
  const plain = rates.get(`${framing} node:http`) ?? [];
  const ratio = median(own.map((rate, round) => rate / (plain[round] ?? Number.NaN)));
  process.stdout.write(
    `${framing.padEnd(8)} ${name.padEnd(15)} ${(median(own) ?? 0).toFixed(0).padStart(6)} MB/s   ratio ${(ratio ?? 0).toFixed(2)}\n`,
  );
}

const [rounds = "8", mebibytes = "512"] = process.argv.slice(2);
await (rounds === "serve" ? serve() : measure(Number(rounds), Number(mebibytes)));
