/**
 * Gates servers of others over PostgreSQL, each against itself, beside a program that takes a core: equal versions should
 * never be called a regression. It prints every verdict, then how many were false, and exits with 2 if one was.
 *
 *     node dist/dev/gate/others-servers.js [--runs 40] [--quiet] [fastify] [go]
 *
 * `--quiet` leaves the other program out.
 */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BenchResult } from "../../bench/result/schema.ts";
import type { ServerPeer } from "../peers/peer.ts";
import { goPostgresPeer } from "../peers/postgres/go-postgres-peer.ts";
import { fastifyPeer } from "../peers/postgres/node-peers.ts";
import { startOrdersTable } from "../peers/postgres/orders-table.ts";
import { spawnBench } from "../spawn-bench.ts";

const program = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
const servers: Readonly<Record<string, ServerPeer>> = { fastify: fastifyPeer, go: goPostgresPeer };
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

async function gate(
  peer: ServerPeer,
  { runs, rowsFrom, folder }: { readonly runs: number; readonly rowsFrom: string; readonly folder: string },
  signal: AbortSignal,
): Promise<number> {
  const workshop = { folder, rowsFrom };
  const version = await peer.findVersion(signal);
  if (version === null) {
    throw new Error(`${peer.name} needs packages: apt-get install ${peer.packages.join(" ")}`);
  }
  await peer.prepare?.(workshop, signal);
  const command = (await peer.command(workshop)).map((word) => JSON.stringify(word)).join(" ");
  const server = `PORT={port} ${command} @ http://127.0.0.1:{port}${peer.exportPath}?rows={rows}`;
  const verdicts = new Map<string, number>();
  process.stdout.write(`${peer.stack} (${version}), ${runs} runs\n`);
  for (let run = 1; run <= runs && !signal.aborted; run += 1) {
    const flags = [...gateFlags.split(" "), "--seed", String(run)];
    const arms = ["--target", `api=${server}`, "--against", server];
    const { errors, result, exitCode } = await spawnBench(program, [...flags, ...arms], { signal });
    if (signal.aborted) break;
    if (result === null) throw new Error(`A run ended with exit code ${exitCode}. It wrote: ${errors}`);
    verdicts.set(result.verdict, (verdicts.get(result.verdict) ?? 0) + 1);
    process.stdout.write(`${run}: ${lineOf(result)}\n`);
  }
  const counted = Array.from(verdicts, ([verdict, count]) => `${count} ${verdict}`).join(", ");
  const wrong = verdicts.get("regression") ?? 0;
  process.stdout.write(`${peer.stack}: ${wrong} false regressions (${counted}).\n`);
  return wrong;
}

async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { runs: { type: "string", default: "40" }, quiet: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const runs = Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new TypeError(`--runs "${values.runs}" is not a whole number. Use 1 or more.`);
  const names = positionals.length === 0 ? Object.keys(servers) : positionals;
  const chosen = names.map((name) => {
    const peer = servers[name];
    if (peer === undefined)
      throw new TypeError(`"${name}" is none of the servers: ${Object.keys(servers).join(", ")}.`);
    return peer;
  });
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-equal-"));
  await chmod(folder, 0o755);
  const database = await startOrdersTable({ rows: tableRows, folder, signal });
  const release = values.quiet ? () => undefined : takeCore();
  try {
    let wrong = 0;
    for (const peer of chosen) wrong += await gate(peer, { runs, rowsFrom: database.url, folder }, signal);
    if (signal.aborted) return interrupted;
    return wrong === 0 ? 0 : 2;
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
  process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = interruption.signal.aborted ? interrupted : 1;
}
