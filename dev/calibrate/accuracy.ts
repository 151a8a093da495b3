/**
 * Holds what `bench` says about servers of others against `curl -w` and a script that reads /proc by itself, in two ways. Both take
 * turns, each with a fresh server, a warm-up of 20,000 rows and one export. And both measure one server: the work of the same export,
 * then the times of exports in turns. Each ratio is taken within a round. Every server is started by the line that is
 * printed, which `bench --target` gets at the first try. Two tables in Markdown end it.
 *
 *     node dist/dev/calibrate/accuracy.js [--over on-request|postgres] [--rounds 7] [--rows N] [peer...]
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { systemClock, messageOf } from "../../src/ground.ts";
import { measureExport, prepareServer } from "../../bench/session/measure/measure-export.ts";
import type { RunningTarget } from "../../bench/subject/target.ts";
import { exportUrl, type ServerPeer, type Workshop } from "../peers/peer.ts";
import type { PeerSeries } from "../peers/series.ts";
import { shellLine } from "../peers/shell-line.ts";
import { spawnBench } from "../spawn-bench.ts";
import { median } from "../../bench/statistics/median.ts";
import {
  accuracyLines,
  accuracyTables,
  type Accuracy,
  type Numbers,
  type Ratios,
} from "./accuracy-report.ts";
import { askScript, byHand, warmUpRows, withFresh, type Times, type Used } from "./by-hand.ts";
import { accuracySeries } from "./accuracy-series.ts";

const program = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
/** Of a server without a usual number. */
const otherRows = 200_000;
/** Ends everything that was started when this program is told to end. */
const interruption = new AbortController();
const { signal } = interruption;
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());

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
    bytes: of("body_bytes"),
  };
}

/** Exports of one server whose times are taken by each side. */
const turns = 3;

/**
 * One server, measured by both: first the work of one export, which the script sees from outside while `bench` measures it,
 * then the times of exports that both take in turns.
 * @returns what `bench` found over what the script did
 */
function compareOnOneServer(peer: ServerPeer, workshop: Workshop, rows: number): Promise<Ratios> {
  return withFresh(peer, workshop, signal, async (started) => {
    const server: RunningTarget = {
      ...started,
      exportUrl: (_, request) => exportUrl(peer, started.origin, request.rows),
      pingUrl: null,
      statsUrl: null,
    };
    const { href } = exportUrl(peer, started.origin, rows);
    const session = { exportName: peer.name, clock: systemClock, signal };
    const served = { session, server, request: { delivery: null, rows } };
    const idle = await askScript<Used>(signal, started.pid);
    const idleBytes = await prepareServer(served);
    const before = await askScript<Used>(signal, started.pid);
    const { measured } = await measureExport(served, rows, idleBytes);
    const after = await askScript<Used>(signal, started.pid);
    const times: { readonly bench: Times; readonly hand: Times }[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const first = turn % 2 === 0 ? null : await askScript<Times>(signal, started.pid, href);
      const { measured: timed } = await measureExport(served, rows, idleBytes);
      const hand = first ?? (await askScript<Times>(signal, started.pid, href));
      times.push({
        bench: { firstByteSeconds: numberOf(timed.first_byte_s), totalSeconds: numberOf(timed.total_s) },
        hand,
      });
    }
    const timeRatio = (key: keyof Times): number =>
      numberOf(median(times.map(({ bench }) => bench[key]))) /
      numberOf(median(times.map(({ hand }) => hand[key])));
    return {
      firstByteSeconds: timeRatio("firstByteSeconds"),
      totalSeconds: timeRatio("totalSeconds"),
      cpuSeconds: numberOf(measured.cpu_s_per_export) / (after.cpuSeconds - before.cpuSeconds),
      peakOverIdleBytes: numberOf(measured.peak_rss_over_idle_bytes) / (after.peakBytes - idle.residentBytes),
    };
  });
}

function numberOf(value: number | null | undefined): number {
  return value ?? Number.NaN;
}

/** A server, and how many rows its exports have. */
interface Subject {
  readonly peer: ServerPeer;
  readonly rows: number;
}

/** Measures a server in rounds. @returns null when its runtime is missing, which is printed */
async function measureAccuracy(
  { peer, rows }: Subject,
  workshop: Workshop,
  rounds: number,
): Promise<Accuracy | null> {
  const { name } = peer;
  const version = await peer.findVersion(signal);
  if (version === null) {
    print(`${name} is absent; on Debian: apt-get install ${peer.packages.join(" ")}`);
    return null;
  }
  await peer.prepare?.(workshop, signal);
  const onOneServer: Ratios[] = [];
  const pairs: Accuracy["pairs"][number][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = round % 2 === 0 ? null : await byHand(peer, workshop, rows, signal);
    const bench = await byBench(peer, workshop, rows);
    onOneServer.push(await compareOnOneServer(peer, workshop, rows));
    const hand = before ?? (await byHand(peer, workshop, rows, signal));
    if (bench.bytes !== hand.bytes) {
      throw new Error(`${name} gave bench ${bench.bytes} bytes, and curl ${hand.bytes}.`);
    }
    pairs.push({ bench, hand });
  }
  const { line } = await shellLine(peer, workshop);
  return { name, version, rows, pairs, onOneServer, line };
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** @returns the series, and the servers of it that were asked for */
function chooseSubjects(
  over: string,
  names: readonly string[],
  rows: number | null,
): { readonly series: PeerSeries; readonly subjects: readonly Subject[] } {
  const chosen = Object.hasOwn(accuracySeries, over) ? accuracySeries[over] : undefined;
  if (chosen === undefined) {
    throw new TypeError(`--over "${over}" is none of ${Object.keys(accuracySeries).join(", ")}.`);
  }
  const { usualRows } = chosen;
  const counted = (names.length === 0 ? Object.keys(usualRows) : names).map((name) => ({
    name,
    rows: rows ?? usualRows[name] ?? otherRows,
  }));
  const series = chosen.open(Math.max(warmUpRows, ...counted.map((one) => one.rows)));
  const servers = series.others.filter((one) => one.kind === "server");
  const subjects = counted.map(({ name, rows: count }) => {
    const peer = servers.find((one) => one.name === name);
    if (peer !== undefined) return { peer, rows: count };
    const known = servers.map((one) => JSON.stringify(one.name)).join(", ");
    throw new TypeError(`"${name}" is none of the servers over ${over}: ${known}.`);
  });
  return { series, subjects };
}

function positive(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} "${text}" is not a whole number. Use 1 or more.`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      over: { type: "string", default: "on-request" },
      rounds: { type: "string", default: "7" },
      rows: { type: "string" },
    },
    allowPositionals: true,
  });
  const rounds = positive("rounds", values.rounds);
  const rows = values.rows === undefined ? null : positive("rows", values.rows);
  const { series, subjects } = chooseSubjects(values.over, positionals, rows);
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-accuracy-"));
  try {
    // A database that root starts runs as another user.
    await chmod(folder, 0o755);
    const origin = await series.open(folder, signal);
    try {
      const found: Accuracy[] = [];
      for (const subject of subjects) {
        const accuracy = await measureAccuracy(subject, { folder, rowsFrom: origin.rowsFrom }, rounds);
        if (accuracy === null) continue;
        print(...accuracyLines(accuracy));
        found.push(accuracy);
      }
      print("", ...accuracyTables(found));
    } finally {
      await origin.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n`);
  process.exitCode = signal.aborted ? 130 : 1;
}
