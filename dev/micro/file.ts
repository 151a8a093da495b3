/**
 * Compares the sending of a file of 256 MiB by `FileResponse` with a hand-written loop of blocks of 64 KiB, and with nginx
 * where it is installed (`sendfile`, one worker). It measures MB/s to a reader that discards the bytes, and the processor
 * time of the server for each GiB.
 *
 * They answer in turns, in the reverse order in every other round, so that other programs affect all of them.
 *
 *     node dist/dev/micro/file.js [rounds]
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cpuSeconds, processTree } from "../../bench/probe/process-tree.ts";
import { median } from "../../bench/statistics/median.ts";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { FileResponse, send } from "../../src/index.ts";
import { readToEnd } from "./read-to-end.ts";

const fileBytes = 256 * 1024 ** 2;
const nginx = "/usr/sbin/nginx";

interface Contender {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly process: ChildProcess;
  readonly megabytesPerSecond: number[];
  readonly cpuMsPerGiB: number[];
}

/** Answers `/send/FILE` and `/loop/FILE`. */
async function serve(): Promise<void> {
  const server = createServer((req, res) => {
    const [, way, file = ""] = /^\/(\w+)(\/.*)/.exec(req.url ?? "") ?? [];
    void (async () => {
      if (way === "loop") await writeByHand(file, res);
      else await send(await FileResponse.open(file), req, res);
    })();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  process.send?.(server.address());
  await once(process, "disconnect");
  server.close();
}

async function writeByHand(file: string, res: ServerResponse): Promise<void> {
  await using handle = await open(file);
  res.writeHead(200, { "Content-Length": fileBytes });
  for (let position = 0; position < fileBytes; position += 64 * 1024) {
    const block = Buffer.allocUnsafeSlow(64 * 1024);
    await handle.read(block, 0, block.byteLength, position);
    if (!res.write(block)) await new Promise<void>((resolve) => void res.once("drain", resolve));
  }
  res.end();
}

async function startOwn(name: string, path: string): Promise<Contender> {
  const child = fork(fileURLToPath(import.meta.url), ["serve"]);
  const [address]: { port: number }[] = await once(child, "message");
  const port = address?.port ?? 0;
  return { name, port, path, process: child, megabytesPerSecond: [], cpuMsPerGiB: [] };
}

async function startNginx(folder: string): Promise<Contender> {
  const port = await findFreePort();
  const configuration = join(folder, "nginx.conf");
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    configuration,
    `daemon off; user root; worker_processes 1; pid ${folder}/pid; events {} http { access_log off; sendfile on; tcp_nopush on; ${places.join(" ")} server { listen 127.0.0.1:${port}; root ${folder}; } }`,
  );
  const child = spawn(nginx, ["-e", "stderr", "-c", configuration], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await wait(1000);
  return { name: "nginx", port, path: "/file", process: child, megabytesPerSecond: [], cpuMsPerGiB: [] };
}

/** Reads one answer until the connection ends. */
async function read(
  { name, port, path, process: server, ...taken }: Contender,
  counts: boolean,
): Promise<void> {
  const pids = await processTree(server.pid ?? 0);
  const before = await cpuSeconds(pids);
  const begunMs = performance.now();
  const bytes = await readToEnd(port, path);
  if (bytes < fileBytes) throw new Error(`${name} gave ${bytes} bytes`);
  if (!counts) return;
  taken.megabytesPerSecond.push(fileBytes / 1e3 / (performance.now() - begunMs));
  taken.cpuMsPerGiB.push((((await cpuSeconds(pids)) - before) * 1000 * 1024 ** 3) / fileBytes);
}

async function measure(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-file-"));
  const file = join(folder, "file");
  await writeFile(file, Buffer.alloc(fileBytes, "0123456789,abcdef\r\n"));
  const contenders = [
    await startOwn("a loop by hand", `/loop${file}`),
    await startOwn("FileResponse", `/send${file}`),
  ];
  if (existsSync(nginx)) contenders.push(await startNginx(folder));
  try {
    for (let round = -1; round < rounds; round += 1) {
      // The first round only warms up.
      for (const contender of round % 2 === 0 ? contenders : contenders.toReversed())
        await read(contender, round >= 0);
    }
  } finally {
    for (const contender of contenders) contender.process.kill();
    await rm(folder, { recursive: true });
  }
  const reference = contenders.at(-1);
  for (const { name, megabytesPerSecond, cpuMsPerGiB } of contenders) {
    const shares = megabytesPerSecond.map(
      (rate, round) => rate / (reference?.megabytesPerSecond[round] ?? 1),
    );
    const [share, low, high] = [median(shares) ?? Number.NaN, Math.min(...shares), Math.max(...shares)];
    process.stdout.write(
      `${name.padEnd(15)} ${(median(megabytesPerSecond) ?? 0).toFixed(0).padStart(5)} MB/s, ${share.toFixed(2)} of ${reference?.name} (${low.toFixed(2)} to ${high.toFixed(2)}), ${(median(cpuMsPerGiB) ?? 0).toFixed(0)} ms of CPU a GiB\n`,
    );
  }
}

const [rounds = "9"] = process.argv.slice(2);
await (rounds === "serve" ? serve() : measure(Number(rounds)));
