/**
 * Compares the start of `serve` with one worker with that of an empty Node program: wall time until its ready line, and
 * processor time of all its processes until then. Then it reads their resident memory after a second of rest.
 *
 * Both start in turns, in the reverse order in every other round, so that other programs affect both.
 *
 *     node dist/dev/micro/start.js [rounds]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { cpuSeconds, processTree, residentBytes } from "../../bench/probe/process-tree.ts";
import { median } from "../../bench/statistics/median.ts";
import { startOwnServer } from "../load/harness/own-server.ts";

interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** A program that says that it is ready, and waits. */
async function startEmpty(): Promise<Start> {
  const begunMs = performance.now();
  const script = "process.stdout.write('ready'); process.stdin.resume()";
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const start = await describe(begunMs, child.pid ?? 0);
  child.kill();
  await once(child, "close");
  return start;
}

async function startServe(): Promise<Start> {
  const begunMs = performance.now();
  await using server = await startOwnServer(["--workers", "1", "--log-level", "warn"]);
  return await describe(begunMs, server.pid);
}

async function describe(begunMs: number, pid: number): Promise<Start> {
  const wallMs = performance.now() - begunMs;
  const pids = await processTree(pid);
  const cpuMs = 1000 * (await cpuSeconds(pids));
  await wait(1000);
  return { wallMs, cpuMs, residentMiB: (await residentBytes(pids)) / 2 ** 20 };
}

async function measure(rounds: number): Promise<void> {
  const empty: Start[] = [];
  const served: Start[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) empty.push(await startEmpty());
    served.push(await startServe());
    if (round % 2 === 1) empty.push(await startEmpty());
  }
  for (const [name, starts] of [["an empty program", empty] as const, ["serve", served] as const]) {
    const of = (value: (start: Start) => number): string =>
      (median(starts.map(value)) ?? Number.NaN).toFixed(0);
    process.stdout.write(
      `${name.padEnd(17)} ${of(({ wallMs }) => wallMs)} ms, ${of(({ cpuMs }) => cpuMs)} ms of CPU, ${of(({ residentMiB }) => residentMiB)} MiB\n`,
    );
  }
  const ratios = (value: (start: Start) => number): string => {
    const each = served.map((start, round) => value(start) / value(empty[round] ?? start));
    return `${(median(each) ?? Number.NaN).toFixed(1)} × (${Math.min(...each).toFixed(1)} to ${Math.max(...each).toFixed(1)})`;
  };
  process.stdout.write(`wall ${ratios(({ wallMs }) => wallMs)}, CPU ${ratios(({ cpuMs }) => cpuMs)}\n`);
}

await measure(Number(process.argv[2] ?? "9"));
