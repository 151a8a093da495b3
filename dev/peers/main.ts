/**
 * Measures our server together with other stacks that serve similar rows, and writes the tables into docs/reference/peers.md.
 *
 *     node dist/dev/peers/main.js [--rounds 8] [--rows N] [--seed 1] [--no-install] [--no-write] [on-request] [postgres]
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeEnvironment } from "../../bench/probe/describe-environment.ts";
import { watchForeignLoad } from "./foreign-load.ts";
import { onRequestSeries } from "./on-request/on-request.ts";
import { installMissing } from "./install.ts";
import { pageNotes, generatedPart, measuredTable, ratioTable } from "./page.ts";
import { postgresSeries } from "./postgres/postgres.ts";
import { runPeers, type PeerResult } from "./run-peers.ts";
import type { PeerSeries } from "./series.ts";
import { messageOf } from "../../src/ground.ts";

const usage =
  "Usage: npm run peers -- [--rounds <count>] [--rows <count>] [--seed <number>] [--no-install] [--no-write] [on-request] [postgres]\n";
const usageExit = 1;
const refusedExit = 4;
const page = fileURLToPath(new URL("../../../docs/reference/peers.md", import.meta.url));
const allSeries: readonly PeerSeries[] = [onRequestSeries, postgresSeries(1_000_000)];

interface Flags {
  readonly series: readonly PeerSeries[];
  readonly rounds: number;
  readonly rows: number | null;
  readonly seed: number;
  readonly mayInstall: boolean;
  readonly mayWrite: boolean;
}

async function main(flags: Flags, signal: AbortSignal): Promise<number> {
  const { rounds, rows, seed } = flags;
  let isRefused = false;
  for (const series of flags.series) {
    if (flags.mayInstall) await installMissing([series.ours, ...series.others], tell, signal);
    const foreignLoad = await watchForeignLoad();
    const results = await runPeers({ series, rounds, rows, seed }, tell, signal);
    print("", measuredTable(results), "", ratioTable(results), "", ...pageNotes(results));
    if (flags.mayWrite) await writePage(series, results, flags, await foreignLoad());
    isRefused ||= results.some(({ admission }) => admission.state === "refused");
  }
  return isRefused ? refusedExit : 0;
}

/** Writes the part of a series, between its marks. */
async function writePage(
  { name }: PeerSeries,
  results: readonly PeerResult[],
  { rounds, rows, seed }: Flags,
  foreignLoad: number,
): Promise<void> {
  const count = rows === null ? "" : ` --rows ${rows}`;
  const command = `npm run peers -- --rounds ${rounds} --seed ${seed}${count} ${name}`;
  const date = new Date().toISOString().slice(0, 10);
  const facts = { command, date, environment: await describeEnvironment(), rounds, seed, foreignLoad };
  const text = await readFile(page, "utf8");
  const marks = { begin: `<!-- measured ${name}: begin -->`, end: `<!-- measured ${name}: end -->` };
  const [begin, end] = [text.indexOf(marks.begin), text.indexOf(marks.end)];
  if (begin === -1 || end < begin) {
    throw new Error(
      `${page} has lost its marks: the tables belong between "${marks.begin}" and "${marks.end}".`,
    );
  }
  const part = generatedPart(results, facts);
  await writeFile(page, `${text.slice(0, begin + marks.begin.length)}\n${part}\n${text.slice(end)}`);
  tell(`Written to ${page}.`);
}

function readFlags(args: readonly string[]): Flags {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "8" },
      rows: { type: "string" },
      seed: { type: "string", default: "1" },
      "no-install": { type: "boolean", default: false },
      "no-write": { type: "boolean", default: false },
    },
  });
  return {
    series: positionals.length === 0 ? allSeries : positionals.map(seriesNamed),
    rounds: positive("rounds", values.rounds),
    rows: values.rows === undefined ? null : positive("rows", values.rows),
    seed: positive("seed", values.seed),
    mayInstall: !values["no-install"],
    mayWrite: !values["no-write"],
  };
}

function seriesNamed(name: string): PeerSeries {
  const found = allSeries.find((series) => series.name === name);
  if (found !== undefined) return found;
  throw new TypeError(
    `"${name}" is none of the series: ${allSeries.map((series) => series.name).join(", ")}.`,
  );
}

function positive(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} "${text}" is not a whole number. Use 1 or more.`);
}

function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Runs until it is done or interrupted; in both cases all started programs are stopped. */
async function runUntilSignal(flags: Flags): Promise<number> {
  const interruption = new AbortController();
  const exits = { SIGINT: 130, SIGTERM: 143 } as const;
  let interrupted: number | undefined;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      interrupted = exits[name];
      interruption.abort();
    });
  }
  try {
    return await main(flags, interruption.signal);
  } catch (fault) {
    if (interrupted === undefined) throw fault;
    tell("Interrupted; nothing is left running.");
    return interrupted;
  }
}

let flags: Flags | undefined;
try {
  flags = readFlags(process.argv.slice(2));
  process.exitCode = await runUntilSignal(flags);
} catch (fault) {
  tell(messageOf(fault));
  if (flags === undefined) tell(usage);
  process.exitCode = usageExit;
}
