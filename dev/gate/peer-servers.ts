/**
 * Gates servers of others over PostgreSQL, each against itself, beside a program that takes a core: equal versions should
 * never be called a regression. With a handicap on the gated one, which takes a quarter more CPU time or holds 32 MiB more, at
 * least 19 of 20 runs should say so of that very number. It prints every verdict, then how many were wrong, and exits with 2 if too
 * many were.
 *
 *     node dist/dev/gate/peer-servers.js [--runs 40] [--quiet] [--handicap none|cpu|memory] [fastify] [query-stream] [go]
 *
 * `--quiet` leaves the other program out. Only the servers on Node take a handicap.
 */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BenchResult } from "../../bench/result/result.ts";
import type { ServerPeer } from "../peers/peer.ts";
import { goPostgresPeer } from "../peers/postgres/go-postgres-peer.ts";
import { fastifyPeer, queryStreamPeer } from "../peers/postgres/node-peers.ts";
import { startOrdersTable } from "../peers/postgres/orders-table.ts";
import { shellLine } from "../peers/shell-line.ts";
import { spawnBench } from "../spawn-bench.ts";
import { messageOf } from "../../src/ground.ts";

const program = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
const servers: Readonly<Record<string, ServerPeer>> = {
  fastify: fastifyPeer,
  "query-stream": queryStreamPeer,
  go: goPostgresPeer,
};
const onNode = ["fastify", "query-stream"];

/** What is put before the command of the gated server; a share of 0.2 is a quarter more in a duet. */
const handicaps = {
  none: "",
  cpu: `EXTRA_CPU_SHARE=0.2 NODE_OPTIONS=--import=${fixture("slower-streams")} `,
  memory: `NODE_OPTIONS=--import=${fixture("heavier-streams")} `,
};
type Handicap = keyof typeof handicaps;
/** The number that a handicap makes worse. */
const handicapped: Readonly<Record<Handicap, string | undefined>> = {
  none: undefined,
  cpu: "cpu_s_per_mib",
  memory: "peak_rss_over_idle_bytes",
};
/** Which of the runs may be wrong. */
const wrongShare: Readonly<Record<Handicap, number>> = { none: 0, cpu: 1 / 20, memory: 1 / 20 };

function fixture(name: string): string {
  return new URL(`../../fixtures/programs/${name}.js`, import.meta.url).href;
}

const tableRows = 500_000;
const gateFlags =
  "--quick --no-progress --scenario export --budget api.cpu_s_per_mib=10% --budget api.peak_rss_over_idle_bytes=10%";
const interrupted = 130;

/** A program that is always ready to run; ends with the returned function. */
function takeCore(): () => void {
  const child = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  return end;
}

/** One line about a run: its verdict, and the ratio of each gated metric. */
function lineOf({ verdict, comparisons, reasons = [] }: BenchResult): string {
  const ratios = comparisons
    .filter(({ budget, level }) => budget !== null && level !== null)
    .map(({ metric, ratio }) => `${metric} ${ratio === null ? "unknown" : `×${ratio.toFixed(3)}`}`);
  return [verdict, ...ratios, ...(verdict === "pass" ? [] : reasons)].join("; ");
}

/** Whether a run found a regression: of one metric, or of any. */
function isFound({ comparisons }: BenchResult, of: string | undefined): boolean {
  return comparisons.some(
    ({ metric, verdict }) => verdict === "regression" && (of === undefined || metric === of),
  );
}

interface Gating {
  readonly runs: number;
  readonly rowsFrom: string;
  readonly folder: string;
  readonly handicap: Handicap;
}

/** Gives how many verdicts were wrong. */
async function gate(
  peer: ServerPeer,
  { runs, rowsFrom, folder, handicap }: Gating,
  signal: AbortSignal,
): Promise<number> {
  const workshop = { folder, rowsFrom };
  const version = await peer.findVersion(signal);
  if (version === null) {
    throw new Error(`${peer.name} needs packages: apt-get install ${peer.packages.join(" ")}`);
  }
  await peer.prepare?.(workshop, signal);
  const { line, port } = await shellLine(peer, workshop);
  const server = `${line} @ http://127.0.0.1:${port}${peer.exportPath}?rows={rows}`;
  const verdicts = new Map<string, number>();
  let regressions = 0;
  process.stdout.write(`${peer.stack} (${version}), ${runs} runs\n`);
  for (let run = 1; run <= runs && !signal.aborted; run += 1) {
    const flags = [...gateFlags.split(" "), "--seed", String(run)];
    const arms = ["--target", `api=${handicaps[handicap]}${server}`, "--against", server];
    const { errors, result, exitCode } = await spawnBench(program, [...flags, ...arms], { signal });
    if (signal.aborted) break;
    if (result === null) throw new Error(`A run ended with exit code ${exitCode}. It wrote: ${errors}`);
    verdicts.set(result.verdict, (verdicts.get(result.verdict) ?? 0) + 1);
    if (isFound(result, handicapped[handicap])) regressions += 1;
    process.stdout.write(`${run}: ${lineOf(result)}\n`);
  }
  if (signal.aborted) return 0;
  const counted = Array.from(verdicts, ([verdict, count]) => `${count} ${verdict}`).join(", ");
  const said = handicap === "none" ? `${regressions} false regressions` : `${regressions} of ${runs} found`;
  process.stdout.write(`${peer.stack}, handicap ${handicap}: ${said} (${counted}).\n`);
  return handicap === "none" ? regressions : runs - regressions;
}

function isHandicap(name: string): name is Handicap {
  return Object.hasOwn(handicaps, name);
}

async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      runs: { type: "string", default: "40" },
      quiet: { type: "boolean", default: false },
      handicap: { type: "string", default: "none" },
    },
    allowPositionals: true,
  });
  const { handicap } = values;
  if (!isHandicap(handicap))
    throw new TypeError(`--handicap "${handicap}" is none of ${Object.keys(handicaps).join(", ")}.`);
  const runs = Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new TypeError(`--runs "${values.runs}" is not a whole number. Use 1 or more.`);
  const all = handicap === "none" ? Object.keys(servers) : onNode;
  const names = positionals.length === 0 ? all : positionals;
  const chosen = names.map((name) => {
    const peer = servers[name];
    if (peer === undefined || !all.includes(name))
      throw new TypeError(`"${name}" is none of the servers: ${all.join(", ")}.`);
    return peer;
  });
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-gates-"));
  await chmod(folder, 0o755);
  const database = await startOrdersTable({ rows: tableRows, folder, signal });
  const release = values.quiet ? () => undefined : takeCore();
  try {
    let wrong = 0;
    for (const peer of chosen)
      wrong += await gate(peer, { runs, rowsFrom: database.url, folder, handicap }, signal);
    if (signal.aborted) return interrupted;
    return wrong <= runs * chosen.length * wrongShare[handicap] ? 0 : 2;
  } finally {
    release();
    database.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
try {
  process.exitCode = await main(interruption.signal);
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n`);
  process.exitCode = interruption.signal.aborted ? interrupted : 1;
}
