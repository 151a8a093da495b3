// Longer than most, because all of it reads and changes the state of one process that ends and restarts.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../../bench/subject/process/find-free-port.ts";
import { processTree } from "../../../bench/internal.ts";
import type { RunRecord } from "../record.ts";
import type { Disks } from "./disks.ts";
import { LogLines, readLogFile, readPipe, type LogDestination, type LogReader } from "./log-reader.ts";
import { endOrphans } from "./end-orphans.ts";
import { isAlive, processesWith, roleOf, signalProcess } from "./proc.ts";
import { runSystemTool } from "./run-system-tool.ts";
import { limits, serverCommand } from "./server-command.ts";
import type { SourceFiles } from "./source-files.ts";

const marker = "STREAM_CSV_FAULTS";
const readyWithinMs = 30_000;
/** A stop may take the drain time-out, and the same time again to cut transfers and clean up. */
const stopsWithinMs = limits.drainTimeoutMs * 2 + 5000;

/** The parts of a server under test. */
export interface ServerParts {
  readonly program: string;
  readonly folder: string;
  readonly disks: Disks;
  readonly files: SourceFiles;
  readonly record: RunRecord;
  readonly nowMs: () => number;
}

/**
 * A real `stream-csv serve` on one port and one spool folder, which is killed, stopped and started again. All its
 * processes have a mark in their environment, so that orphans are found too.
 */
export class ServerUnderTest {
  readonly lines: LogLines;
  readonly spoolFolder: string;
  /** The server's folder of temporary files. */
  readonly temporaryFolder: string;
  readonly #parts: ServerParts;
  readonly #mark: string;
  #port = 0;
  #child: ChildProcess | undefined;
  /** Created together with the process, because a later listener would miss an early end. */
  #exited: Promise<readonly [number | null, NodeJS.Signals | null]> = new Promise(() => undefined);
  #log: LogReader | undefined;
  #logDestination: LogDestination = "pipe";
  #isEndExpected = false;
  #starts = 0;
  /** Workers since the start that this program has killed, or stopped for so long that they may have been replaced. */
  #harmedWorkers = 0;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#mark = `${process.pid}-${Date.now().toString(36)}`;
    this.lines = new LogLines(parts.record, parts.nowMs);
    this.spoolFolder = join(parts.disks.spool.folder, "spool");
    this.temporaryFolder = join(parts.folder, "tmp");
  }

  get port(): number {
    return this.#port;
  }

  /** The process id of the primary; undefined while there is none. */
  get pid(): number | undefined {
    const child = this.#child;
    return child?.exitCode === null && child.signalCode === null ? child.pid : undefined;
  }

  /** How many servers were started so far. */
  get generation(): number {
    return this.#starts;
  }

  get logDestination(): LogDestination {
    return this.#logDestination;
  }

  get log(): LogReader | undefined {
    return this.#log;
  }

  get harmedWorkers(): number {
    return this.#harmedWorkers;
  }

  noteHarmedWorker(): void {
    this.#harmedWorkers += 1;
  }

  /** The folder of prepared files, by the path of this process. */
  get spoolOutside(): string {
    return join(this.#parts.disks.spool.outside, "spool");
  }

  /**
   * Starts the server with a log destination; resolves when it is ready. A server correctly refuses to start on a
   * full or read-only disk, and is started again until the disk is neither. @throws Error if it doesn't start for any
   * other reason
   */
  async start(logDestination: LogDestination = this.#logDestination): Promise<void> {
    const { spool } = this.#parts.disks;
    for (;;) {
      const wasTroubled = spool.isTroubled;
      const problem = await this.#startOnce(logDestination);
      if (problem === undefined) return;
      if (!wasTroubled && !spool.isTroubled) throw new Error(`The server could not be started: ${problem}`);
      await sleep(300);
    }
  }

  async #startOnce(logDestination: LogDestination): Promise<string | undefined> {
    await mkdir(this.temporaryFolder, { recursive: true });
    this.#port ||= await findFreePort();
    this.#logDestination = logDestination;
    await this.#log?.close();
    this.#log = await this.#openLog(logDestination);
    this.#harmedWorkers = 0;
    // Until the server is ready, the result of this function reports its end.
    this.#isEndExpected = true;
    this.#starts += 1;
    const { enter } = this.#parts.disks;
    const script = `ulimit -n ${limits.descriptors}; log=$1; shift; exec "$@" 2>>"$log"`;
    const [command = "sh", ...args] = [
      ...enter,
      "sh",
      "-c",
      script,
      "sh",
      this.#log.redirection,
      ...serverCommand(this.#parts, this.#port, this.spoolFolder),
    ];
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, [marker]: this.#mark, TMPDIR: this.temporaryFolder },
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (exitCode, signal) => {
        this.#onExit(child, exitCode, signal);
        resolve([exitCode, signal]);
      });
    });
    const ready = new Promise<boolean>((resolve) => {
      createInterface({ input: child.stdout }).once("line", (line) =>
        resolve(line.startsWith("listening on ")),
      );
      child.once("exit", () => resolve(false));
    });
    const isReady = await Promise.race([
      ready,
      sleep(readyWithinMs, undefined, { ref: false }).then(() => undefined),
    ]);
    if (isReady === true) {
      this.#isEndExpected = false;
      return undefined;
    }
    const orphans = child.pid === undefined ? [] : (await processTree(child.pid)).slice(1);
    child.kill("SIGKILL");
    await endOrphans(this.#parts, orphans, "a server that didn't start");
    const why =
      isReady === undefined ? `it wasn't ready within ${readyWithinMs / 1000} s` : "it ended before";
    return `${why}.\n${this.lines.troubles}`;
  }

  /**
   * Kills the primary, waits until its workers have ended by themselves, and starts another on the same port and
   * spool.
   */
  async killAndRestart(logDestination: LogDestination): Promise<void> {
    const { pid } = this;
    if (pid === undefined) throw new Error("There is no primary to kill.");
    const orphans = (await processTree(pid)).slice(1);
    this.#isEndExpected = true;
    signalProcess(pid, "SIGKILL");
    await this.#exited;
    await endOrphans(this.#parts, orphans, "a killed primary");
    await this.start(logDestination);
  }

  /** Sends a signal that drains, waits for the end, and starts another. */
  async drainAndRestart(
    signal: NodeJS.Signals,
    again: boolean,
    logDestination: LogDestination,
  ): Promise<string> {
    const end = await this.stop(signal, again);
    await this.start(logDestination);
    return end;
  }

  /**
   * Stops the server by a signal, or by the same signal twice. A server that doesn't end in time is a finding, and is
   * killed.
   */
  async stop(signal: NodeJS.Signals = "SIGTERM", again = false): Promise<string> {
    const { pid } = this;
    if (pid === undefined) return "it had ended already";
    const rest = (await processTree(pid)).slice(1);
    this.#isEndExpected = true;
    signalProcess(pid, signal);
    if (again) await sleep(300).then(() => signalProcess(pid, signal));
    const end = await Promise.race([this.#exited, sleep(stopsWithinMs, undefined, { ref: false })]);
    if (end === undefined) {
      this.#parts.record.finding(
        "a server that should stop doesn't end",
        `${stopsWithinMs / 1000} s after ${signal} the primary ${pid} is still there\n${this.lines.troubles}`,
      );
      signalProcess(pid, "SIGKILL");
      await this.#exited;
    } else {
      const allowed = again ? [0, 1, 130, 143] : [0, 1];
      if (!allowed.includes(end[0] ?? -1))
        this.#parts.record.finding(
          "a stop has another exit code than it should",
          `${again ? "two signals" : "one signal"} ${signal} gave ${describeEnd(...end)}, not one of ${allowed.join(", ")}\n${this.lines.troubles}`,
        );
    }
    await endOrphans(this.#parts, rest, "a stopped server");
    return end === undefined ? "it had to be killed" : describeEnd(...end);
  }

  /** All its live processes, the primary first. */
  async processes(): Promise<readonly { readonly pid: number; readonly role: string }[]> {
    const { pid } = this;
    if (pid === undefined) return [];
    const pids = await processTree(pid);
    return await Promise.all(
      pids.map(async (member) => ({ pid: member, role: member === pid ? "primary" : await roleOf(member) })),
    );
  }

  async pidsOf(role: "worker" | "builder"): Promise<readonly number[]> {
    return (await this.processes()).filter((member) => member.role === role).map(({ pid }) => pid);
  }

  /** Processes of this run's servers that belong to no running server. */
  async strays(): Promise<readonly number[]> {
    const { pid } = this;
    const tree = new Set(pid === undefined ? [] : await processTree(pid));
    const marked = await processesWith(marker, this.#mark);
    const outside = marked.filter((member) => !tree.has(member));
    const alive = await Promise.all(outside.map(isAlive));
    return outside.filter((_, index) => alive[index]);
  }

  /** Ends the remaining processes, by process id. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const stray of await this.strays()) signalProcess(stray, "SIGKILL");
    await this.#log?.close();
  }

  /** Ends all processes at once, without waiting. */
  async killAll(): Promise<void> {
    this.#isEndExpected = true;
    for (const pid of await processesWith(marker, this.#mark)) signalProcess(pid, "SIGKILL");
  }

  async #openLog(destination: LogDestination): Promise<LogReader> {
    if (destination === "file")
      return readLogFile(this.#parts.disks.log, `server-${this.#starts}.log`, this.lines);
    const path = join(this.#parts.folder, `log-${this.#starts}`);
    if (!(await runSystemTool("mkfifo", [path]))) throw new Error(`mkfifo could not make ${path}.`);
    return readPipe(path, this.lines);
  }

  #onExit(child: ChildProcess, exitCode: number | null, signal: NodeJS.Signals | null): void {
    this.lines.endServer();
    if (this.#isEndExpected || this.#child !== child) return;
    this.#parts.record.finding(
      "the primary ended by itself",
      `${describeEnd(exitCode, signal)}\n${this.lines.troubles}`,
    );
  }
}

function describeEnd(exitCode: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${exitCode}` : `death by ${signal}`;
}
