import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { StreamCsvError } from "../../src/index.ts";
import type { PeakBytes } from "../../bench/probe/process-sampler.ts";
import { sumOfWork } from "../../bench/probe/observed-work.ts";
import {
  canSampleProcesses,
  cpuSeconds,
  processTree,
  residentBytes,
  watchPeaks,
} from "../../bench/probe/process-tree.ts";
import type { ProgramPeer } from "./peer.ts";
import type { PeerContext, PeerNumbers, RunningPeer } from "./running-peer.ts";

const warmUpRows = 20_000;

/** Starts a program that writes rows to a file, without HTTP. */
export async function startProgram(
  peer: ProgramPeer,
  { workshop, session: { signal, observers = [] } }: PeerContext,
): Promise<RunningPeer> {
  const file = join(workshop.folder, "written-by-program.csv");
  const [command, ...args] = await peer.command(workshop);
  const program = new Program(spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] }), peer.name, signal);
  try {
    await program.nextLine("ready");
  } catch (fault) {
    await program.stop();
    throw fault;
  }
  const time = async (rows: number): Promise<number> => {
    const startMs = performance.now();
    program.write(peer.task(file, rows));
    await program.nextLine("done");
    return performance.now() - startMs;
  };
  return {
    async text(rows) {
      await time(rows);
      return createReadStream(file);
    },
    time,
    async measure(rows): Promise<PeerNumbers> {
      const tree = canSampleProcesses ? await processTree(program.pid) : [];
      const idleBytes = await residentBytes(tree);
      await time(Math.min(rows, warmUpRows));
      const peaks = await watchPeaks(program.pid);
      const cpuBefore = await cpuSeconds(tree);
      const ends = await Promise.all(observers.map((observer) => observer.watch()));
      const seconds = (await time(rows)) / 1000;
      const observed = sumOfWork(await Promise.all(ends.map((end) => end())));
      const cpu = (await cpuSeconds(tree)) - cpuBefore;
      const peakBytes = peaks === null ? null : sumOf(await peaks());
      const { cpuSeconds: databaseCpu } = observed;
      return {
        bytesPerSecond: (await stat(file)).size / seconds,
        rowsPerSecond: rows / seconds,
        firstByteSeconds: null,
        cpuSecondsPerMillionRows: canSampleProcesses ? (cpu / rows) * 1e6 : null,
        databaseCpuSecondsPerMillionRows: databaseCpu === null ? null : (databaseCpu / rows) * 1e6,
        idleBytes: canSampleProcesses ? idleBytes : null,
        peakOverIdleBytes: peakBytes === null ? null : peakBytes - idleBytes,
        querySecondsAfterLeaving: null,
        pingsPerSecond: null,
        readerBusyRatio: 0,
      };
    },
    stop: () => program.stop(),
  };
}

function sumOf(peaks: PeakBytes): number {
  return [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** A process that is told its tasks by standard input. */
class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #name: string;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  #errors = "";

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, name: string, signal: AbortSignal) {
    this.#child = child;
    this.#name = name;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#closed = new Promise((resolve) => child.once("close", resolve));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    child.on("error", (fault) => (this.#errors += fault.message));
    // A program that has ended can't be told anything; its end is reported by the line that doesn't come.
    child.stdin.on("error", () => undefined);
    const kill = (): void => void child.kill("SIGKILL");
    signal.addEventListener("abort", kill, { once: true });
    process.once("exit", kill);
    child.once("close", () => {
      signal.removeEventListener("abort", kill);
      process.off("exit", kill);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  write(task: string): void {
    this.#child.stdin.write(task);
  }

  async nextLine(expected: string): Promise<void> {
    const { value } = await this.#lines.next();
    if (value === expected) return;
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `${this.#name} should print "${expected}", and printed ${JSON.stringify(value ?? null)}. It wrote: ${this.#errors.trim()}`,
    );
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}
