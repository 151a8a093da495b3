/**
 * Injects faults into a real server for some minutes, while clients of every kind use it directly and through nginx.
 * Reports what must never happen: a cut body that ends cleanly, a client without an answer, a resource held for ever.
 * The seed decides all choices, so that a run can be repeated; timing depends on the machine too.
 *
 *     npm run faults -- --minutes 10 [--seed N] [--proxy nginx]
 *
 * Exit codes: 0 nothing was found, 1 something was, or the run couldn't be made; 130 interrupted.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions, usage, type Options } from "./options.ts";
import { RunRecord } from "./record.ts";
import { runFaults } from "./run-faults.ts";
import { summaryOf } from "./summary.ts";

const ownProgram = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
const interrupted = 130;

function nowMs(): number {
  return performance.now();
}

async function main(options: Options, interruption: AbortSignal): Promise<number> {
  if (process.platform !== "linux")
    throw new Error(
      "Faults are injected by way of /proc and namespaces, which only Linux has: run this there.",
    );
  const startedAtMs = nowMs();
  const say = (sentence: string): void => {
    process.stdout.write(`${((nowMs() - startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${sentence}\n`);
  };
  const record = new RunRecord(nowMs, (kind, evidence) =>
    say(`FOUND: ${kind}\n${evidence.replaceAll(/^/gm, "          ")}`),
  );
  say(`The seed is ${options.seed}. To repeat the run: npm run faults -- ${repeated(options)}`);
  const { program = ownProgram } = options;
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-faults-"));
  try {
    const facts = await runFaults(options, { program, folder, record, nowMs, say, interruption });
    process.stdout.write(`\n${summaryOf(record, facts)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (interruption.aborted) return interrupted;
  return record.findings.length > 0 ? 1 : 0;
}

function repeated({ minutes, seed, proxy, only, clients, program }: Options): string {
  const flags = [`--minutes ${minutes}`, `--seed ${seed}`, `--clients ${clients}`];
  if (proxy !== undefined) flags.push(`--proxy ${proxy}`);
  if (only.length > 0) flags.push(`--only "${only.join(",")}"`);
  if (program !== undefined) flags.push(`--program ${program}`);
  return flags.join(" ");
}

const interruption = new AbortController();
for (const name of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(name, () => interruption.abort());
// An unhandled error ends the run like a signal, so that nothing is left behind.
for (const name of ["uncaughtException", "unhandledRejection"] as const)
  process.on(name, (error: unknown) => {
    complain(error);
    interruption.abort();
  });
try {
  const options = parseOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 32));
  process.exitCode = await main(options, interruption.signal);
} catch (error) {
  complain(error);
  process.exitCode = interruption.signal.aborted ? interrupted : 1;
}

function complain(error: unknown): void {
  const isUsage = error instanceof RangeError || (error instanceof TypeError && "code" in error);
  const text = error instanceof Error ? (isUsage ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n${isUsage ? usage : ""}`);
}
