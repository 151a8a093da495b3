/**
 * Holds what `bench` says about servers of others against `curl -w` and a script that reads /proc by itself. Both take
 * turns, each with a fresh server, a warm-up of 20,000 rows and one export; each ratio is taken within a turn.
 *
 *     node dist/dev/calibrate/accuracy.js [--rounds 7] [--rows N] [peer...]
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { systemClock, messageOf } from "../../src/ground.ts";
import { measureExport, prepareServer } from "../../bench/session/measure/measure-export.ts";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { startServerProcess, type ServerProcess } from "../../bench/subject/process/server-process.ts";
import type { RunningTarget } from "../../bench/subject/target.ts";
import { median } from "../../bench/statistics/median.ts";
import { onRequestSeries } from "../peers/on-request/on-request.ts";
import { exportUrl, type ServerPeer, type Workshop } from "../peers/peer.ts";
import { spawnBench } from "../spawn-bench.ts";

const execute = promisify(execFile);
const program = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
const script = fileURLToPath(new URL("../../../dev/calibrate/by_hand.py", import.meta.url));
const warmUpRows = 20_000;
/** About a second of each. */
const usual: Readonly<Record<string, number>> = {
  node: 200_000,
  "fastify, fast-csv": 150_000,
  go: 1_000_000,
  "django, batched": 250_000,
  "starlette, batched": 250_000,
  php: 250_000,
};

/** What both sides measure. */
interface Numbers {
  readonly firstByteSeconds: number;
  readonly totalSeconds: number;
  readonly cpuSeconds: number;
  readonly peakOverIdleBytes: number;
}

/** Ends everything that was started when this program is told to end. */
const interruption = new AbortController();
const { signal } = interruption;
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());

const quantities = ["firstByteSeconds", "totalSeconds", "cpuSeconds", "peakOverIdleBytes"] as const;

/** The line that starts a peer at a port, which stands for itself until one is chosen; some peers choose theirs. */
async function shellLine(
  peer: ServerPeer,
  workshop: Workshop,
): Promise<{ readonly line: string; readonly port: string }> {
  const command = (await peer.command(workshop)).map((word) => JSON.stringify(word)).join(" ");
  const port = /http:\/\/127\.0\.0\.1:(\d+)|PORT=(\d+)/.exec(command)?.slice(1).find(Boolean) ?? "{port}";
  return { line: `PORT=${port} ${command}`, port };
}

async function byBench(peer: ServerPeer, workshop: Workshop, rows: number): Promise<Numbers> {
  const { line, port } = await shellLine(peer, workshop);
  const target = `api=${line} @ http://127.0.0.1:${port}${peer.exportPath}?rows={rows}`;
  const flags = "--no-progress --scenario export --rounds 1".split(" ");
  const { result, errors } = await spawnBench(
    program,
    [...flags, "--rows", String(rows), "--target", target],
    {
      signal,
    },
  );
  const measured = result?.rounds.find(({ scenario }) => scenario === "export")?.arms["api"];
  const of = (name: string): number => measured?.[name] ?? Number.NaN;
  if (measured === undefined) throw new Error(`bench measured nothing. It wrote: ${errors}`);
  return {
    firstByteSeconds: of("first_byte_s"),
    totalSeconds: of("total_s"),
    cpuSeconds: of("cpu_s_per_export"),
    peakOverIdleBytes: of("peak_rss_over_idle_bytes"),
  };
}

/** Runs the script, which shares no code with this project. */
async function askScript<T>(pid: number, ...urls: readonly string[]): Promise<T> {
  const { stdout } = await execute("python3", [script, String(pid), ...urls], { signal });
  return JSON.parse(stdout) as T;
}

async function withFresh<T>(
  peer: ServerPeer,
  workshop: Workshop,
  use: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const { line, port } = await shellLine(peer, workshop);
  const chosen = port === "{port}" ? String(await findFreePort()) : port;
  const origin = `http://127.0.0.1:${chosen}`;
  // By a shell, as bench does: Linux may give each session, and so each such server, an equal share of a busy machine.
  const server = await startServerProcess({
    command: line.replace("{port}", chosen),
    answersAt: [new URL("/ping", origin)],
    signal,
  });
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

function byHand(peer: ServerPeer, workshop: Workshop, rows: number): Promise<Numbers> {
  return withFresh(peer, workshop, ({ pid, origin }) => {
    const urls = [warmUpRows, rows].map((count) => exportUrl(peer, origin, count).href);
    return askScript(pid, ...urls);
  });
}

/** The CPU time of one export that our reader takes, as bench measures it over as the script does. */
function sameExport(peer: ServerPeer, workshop: Workshop, rows: number): Promise<number> {
  return withFresh(peer, workshop, async (started) => {
    const server: RunningTarget = {
      ...started,
      exportUrl: (_, request) => exportUrl(peer, started.origin, request.rows),
      pingUrl: null,
      statsUrl: null,
    };
    const session = { exportName: peer.name, clock: systemClock, signal };
    const served = { session, server, request: { delivery: null, rows } };
    const idleBytes = await prepareServer(served);
    const before = await askScript<Pick<Numbers, "cpuSeconds">>(started.pid);
    const { measured } = await measureExport(served, rows, idleBytes);
    const after = await askScript<Pick<Numbers, "cpuSeconds">>(started.pid);
    return (measured.cpu_s_per_export ?? Number.NaN) / (after.cpuSeconds - before.cpuSeconds);
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { rounds: { type: "string", default: "7" }, rows: { type: "string" } },
    allowPositionals: true,
  });
  const rounds = Number(values.rounds);
  const names = positionals.length === 0 ? Object.keys(usual) : positionals;
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-accuracy-"));
  try {
    const { rowsFrom } = await onRequestSeries.open(folder, signal);
    const workshop = { folder, rowsFrom };
    for (const name of names) {
      const peer = onRequestSeries.others.find((one) => one.name === name && one.kind === "server");
      if (peer?.kind !== "server") throw new TypeError(`"${name}" is none of the servers of npm run peers.`);
      await peer.prepare?.(workshop, signal);
      const rows = Number(values.rows ?? usual[name] ?? 200_000);
      const same: number[] = [];
      const pairs: { readonly bench: Numbers; readonly hand: Numbers }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const hand = round % 2 === 0 ? null : await byHand(peer, workshop, rows);
        const bench = await byBench(peer, workshop, rows);
        same.push(await sameExport(peer, workshop, rows));
        pairs.push({ bench, hand: hand ?? (await byHand(peer, workshop, rows)) });
      }
      process.stdout.write(
        `${name}, ${rows} rows, ${rounds} rounds: bench, by hand, ratio (least to most)\n`,
      );
      for (const quantity of quantities) {
        const ratios = pairs.map(({ bench, hand }) => bench[quantity] / hand[quantity]);
        const [mine, other] = [
          pairs.map(({ bench }) => bench[quantity]),
          pairs.map(({ hand }) => hand[quantity]),
        ].map((list) => median(list) ?? Number.NaN);
        process.stdout.write(
          `  ${quantity.padEnd(20)} ${mine?.toPrecision(4)} ${other?.toPrecision(4)} ${spreadOf(ratios)}\n`,
        );
      }
      process.stdout.write(`  CPU time of the same export, bench over script: ${spreadOf(same)}\n`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function spreadOf(ratios: readonly number[]): string {
  const middle = median(ratios)?.toFixed(3) ?? "unknown";
  return `×${middle} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`;
}

try {
  await main();
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n`);
  process.exitCode = signal.aborted ? 130 : 1;
}
