/**
 * Measures how long a turn of the event loop takes while an export is streamed to a fast client. A short request on
 * the same worker waits for that long.
 *
 * A turn is measured in CPU time of the event loop's thread, because elapsed time would include other programs. Turns
 * in which almost nothing happened are left out. The client has its own process. The first export of a source, whose
 * code isn't compiled yet, has its own line ("cold").
 *
 *     node dist/dev/micro/slices.js [seconds each] [file…]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { compress, send, StreamingHttpResponse } from "../../src/index.ts";
import { openExport, planExport, readExportParameters, runExport } from "../../src/internal.ts";
import { encoderNames } from "../../src/settings.ts";

/** Turns shorter than this did almost no work. */
const leastMs = 0.1;
const sliceMs = 5;
const codings = ["identity", "gzip", "br"] as const;

/** Measures turns of the event loop from now on; stopping returns their CPU time in milliseconds. */
function watchTurns(): () => readonly number[] {
  const turns: number[] = [];
  const clock = threadClock();
  let lastMs = clock.nowMs();
  let next: NodeJS.Immediate;
  const turn = (): void => {
    const nowMs = clock.nowMs();
    if (nowMs - lastMs >= leastMs) turns.push(nowMs - lastMs);
    lastMs = nowMs;
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  return () => {
    clearImmediate(next);
    clock.close();
    return turns;
  };
}

/** CPU time of this thread, which Linux reports in nanoseconds; reading the CPU time of the process updates it. */
function threadClock(): { readonly nowMs: () => number; readonly close: () => void } {
  if (process.platform !== "linux")
    throw new Error(
      "The CPU time of a single thread is read from /proc, which only Linux has: run this there.",
    );
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  const text = Buffer.alloc(64);
  const nowMs = (): number => {
    process.cpuUsage();
    const length = readSync(file, text, 0, text.length, 0);
    return Number.parseInt(text.toString("latin1", 0, length), 10) / 1e6;
  };
  return { nowMs, close: () => closeSync(file) };
}

/** Reads and discards the bytes of a server, until the parent closes the channel. */
async function readFrom(port: number, coding: string, path: string): Promise<void> {
  const onread = { buffer: Buffer.alloc(256 * 1024), callback: () => true };
  const socket = connect({ port, host: "127.0.0.1", onread });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: ${coding}\r\n\r\n`);
  await Promise.race([once(process, "disconnect"), once(socket, "close")]);
  socket.destroy();
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { searchParams } = new URL(req.url ?? "", "http://localhost");
  const { definition, close } = await openExport(searchParams.get("export") ?? "");
  const asked: [string, string][] = [["encoder", searchParams.get("encoder") ?? ""]];
  if (definition.served === null) asked.push(["rows", "1000000000"]);
  const plan = planExport(definition, readExportParameters(asked));
  const response = new StreamingHttpResponse(({ signal }) => runExport(plan, { signal }).chunks);
  compress()(req, response);
  response.onClose(close);
  await send(response, req, res);
}

/** The lengths of all turns while a client reads an export for this long, or to its end. */
async function turnsOf(port: number, seconds: number, coding: string, query: URLSearchParams) {
  const reader = fork(fileURLToPath(import.meta.url), [
    "read",
    String(port),
    coding,
    `/?${query.toString()}`,
  ]);
  await once(server, "request");
  const stop = watchTurns();
  await Promise.race([once(reader, "exit"), sleep(seconds * 1000)]);
  const turns = stop();
  if (reader.connected) reader.disconnect();
  if (reader.exitCode === null) await once(reader, "exit");
  return turns;
}

/**
 * Files that are hard to process in small pieces: texts of four kilobytes, and values for which DuckDB's client
 * creates objects.
 */
const queries = {
  "long-texts": "SELECT range AS id, repeat(md5(range::VARCHAR) || ' ', 124) AS body FROM range(60000)",
  nested: "SELECT {'id': range, 'tags': [range, range + 1, range + 2]} AS item FROM range(300000)",
} as const;

async function writeFiles(folder: string): Promise<readonly string[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const paths: string[] = [];
  for (const [name, query] of Object.entries(queries)) {
    const path = join(folder, `${name}.parquet`);
    await connection.run(`COPY (${query}) TO '${path}'`);
    paths.push(path);
  }
  connection.closeSync();
  instance.closeSync();
  return paths;
}

function line(label: readonly string[], turns: readonly number[]): string {
  const sorted = turns.toSorted((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
  const over = sorted.filter((turn) => turn > sliceMs).length;
  const numbers = [String(sorted.length), p99.toFixed(1), (sorted.at(-1) ?? 0).toFixed(1), String(over)];
  const [name = "", ...rest] = label;
  return [name.padEnd(18), ...rest.map((text) => text.padEnd(14)), ...numbers.map((n) => n.padStart(9))].join(
    "",
  );
}

const server = createServer((req, res) => void answer(req, res));

async function measure(seconds: number, files: readonly string[]): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), "stream-csv-slices-"));
  const heading = ["source", "encoder", "coding", "turns", "p99 ms", "longest", `over ${sliceMs} ms`];
  try {
    const hard = await writeFiles(folder);
    process.stdout.write(
      `${heading.map((text, index) => (index < 3 ? text.padEnd(index === 0 ? 18 : 14) : text.padStart(9))).join("")}\n`,
    );
    for (const source of ["orders", "wide", "text", "numbers", ...hard, ...files]) {
      const name = source.replace(/^.*\/|\.\w+$/g, "");
      for (const encoder of encoderNames) {
        const query = new URLSearchParams({ export: source, encoder });
        const cold = await turnsOf(port, seconds, "identity", query);
        process.stdout.write(`${line([name, encoder, "cold"], cold)}\n`);
        for (const coding of codings) {
          const turns = await turnsOf(port, seconds, coding, query);
          process.stdout.write(`${line([name, encoder, coding], turns)}\n`);
        }
      }
    }
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
}

const [mode = "2", ...rest] = process.argv.slice(2);
if (mode === "read") await readFrom(Number(rest[0]), rest[1] ?? "", rest[2] ?? "/");
else await measure(Number(mode), rest);
