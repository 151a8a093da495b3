/**
 * Measures how much more several workers send than one, on the cores of this machine, while clients read exports as fast as they can.
 * Servers take turns, each a fresh one. Two things bound the ratio, and are printed: the part of the cores that the clients take, and how
 * much more of a computation all cores do than one, because two cores may be two threads of the same core.
 *
 *     node dist/dev/load/more-workers.js [workers] [clients] [rounds] [seconds]
 */
import { pbkdf2 } from "node:crypto";
import { connect, type Socket } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { cpuSeconds, processTree } from "../../bench/probe/process-tree.ts";
import { median } from "../../bench/statistics/median.ts";
import { startOwnServer } from "./harness/own-server.ts";
import { limitRunTime, numberArguments, PromiseLog } from "./harness/promise-log.ts";

const [most, clients, rounds, seconds] = numberArguments(4, 40, 5, 4);
/** Code is compiled and the kernel's buffers fill before anything is counted. */
const warmUpMs = 2000;
/** More than a client can read meanwhile. */
const path = "/exports/orders.csv?rows=90000000";

const cores = availableParallelism();
const computeMs = 1000;

interface Found {
  readonly megabytesPerSecond: number;
  /** Busy cores of the server, and of this program with all its clients. */
  readonly serverCores: number;
  readonly clientCores: number;
}

limitRunTime(rounds * 2 * (seconds * 1000 + warmUpMs + 10_000) + 60_000);
const verdict = new PromiseLog();
const found: Record<"one" | "several", Found[]> = { one: [], several: [] };
const computed: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  const order = ["one", "several"] as const;
  for (const which of round % 2 === 0 ? order : order.toReversed())
    found[which].push(await measure(which === "one" ? 1 : most));
  const ones = await countComputations(1);
  computed.push((await countComputations(cores)) / ones);
}
for (const [which, all] of Object.entries(found)) {
  const of = (key: keyof Found): string => {
    const values = all.map((one) => one[key]);
    const digits = key === "megabytesPerSecond" ? 0 : 2;
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
    return `${(median(values) ?? Number.NaN).toFixed(digits)} (${low} to ${high})`;
  };
  const what = which === "one" ? "one worker" : `${most} workers`;
  verdict.note(`${what}, MB/s`, of("megabytesPerSecond"));
  verdict.note(
    `${what}, busy cores of the server; of the clients`,
    `${of("serverCores")}; ${of("clientCores")}`,
  );
}
const ratios = found.several.map(
  ({ megabytesPerSecond }, round) =>
    megabytesPerSecond / (found.one[round]?.megabytesPerSecond ?? Number.NaN),
);
verdict.note(`a computation on ${cores} cores : on one`, spread(computed));
verdict.note(`${most} workers : one worker`, spread(ratios));
process.exitCode = verdict.exitCode;

/** How often a computation is done, each time on a thread of its own. */
async function countComputations(atOnce: number): Promise<number> {
  const endMs = performance.now() + computeMs;
  let count = 0;
  const again = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await promisify(pbkdf2)("password", "salt", 5000, 32, "sha256");
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, again));
  return count;
}

/** Median, lowest and highest of ratios. */
function spread(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${(median(values) ?? Number.NaN).toFixed(2)} × (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

async function measure(workers: number): Promise<Found> {
  await using server = await startOwnServer([
    `--workers=${workers}`,
    `--slots=${clients}`,
    "--log-level=warn",
  ]);
  let bytes = 0;
  // One buffer for all, whose contents nobody looks at: clients shall cost as little as they can.
  const onread = {
    buffer: Buffer.alloc(256 * 1024),
    callback: (bytesRead: number): boolean => {
      bytes += bytesRead;
      return true;
    },
  };
  const { hostname, port } = new URL(server.origin);
  const sockets = Array.from({ length: clients }, (): Socket => {
    const socket = connect({ host: hostname, port: Number(port), onread });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    return socket;
  });
  await sleep(warmUpMs);
  const tree = await processTree(server.pid);
  const before = { bytes, server: await cpuSeconds(tree), own: process.cpuUsage(), ms: performance.now() };
  await sleep(seconds * 1000);
  const own = process.cpuUsage(before.own);
  const forSeconds = (performance.now() - before.ms) / 1000;
  const result = {
    megabytesPerSecond: (bytes - before.bytes) / 1e6 / forSeconds,
    serverCores: ((await cpuSeconds(tree)) - before.server) / forSeconds,
    clientCores: (own.user + own.system) / 1e6 / forSeconds,
  };
  verdict.check(
    `all ${clients} clients of ${workers === 1 ? "one worker" : `${workers} workers`} are still reading`,
    sockets.every((socket) => !socket.destroyed && socket.bytesRead > 0),
    `${result.megabytesPerSecond.toFixed(0)} MB/s`,
  );
  for (const socket of sockets) socket.destroy();
  return result;
}
