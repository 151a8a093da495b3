import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { processTree } from "../../../bench/probe/process-tree.ts";
import type { Random } from "../../../bench/statistics/random.ts";
import { startOwnProcess, type OwnProcess } from "../harness/own-server.ts";

/** One `serve` or `work`, which is started again after it was killed. */
export class Machine implements AsyncDisposable {
  readonly #command: readonly string[];
  #own: OwnProcess | undefined;
  /** All processes that belonged to it when it was killed. */
  readonly killed: number[] = [];
  readonly #logs: OwnProcess["log"][] = [];

  private constructor(command: readonly string[]) {
    this.#command = command;
  }

  static async start(command: readonly string[]): Promise<Machine> {
    const machine = new Machine(command);
    await machine.#start();
    return machine;
  }

  /** Where it serves; undefined for `work`, and while it is dead. */
  get origin(): string | undefined {
    const line = this.#own?.readyLine;
    return line?.startsWith("listening on ") ? line.slice("listening on ".length) : undefined;
  }

  /** The lines of all processes it had. */
  get log(): OwnProcess["log"] {
    return this.#logs.flat();
  }

  /** Kills its first process at once, and starts it again. */
  async killOnce(): Promise<void> {
    const own = this.#own!;
    this.killed.push(...(await processTree(own.pid)));
    own.signal("SIGKILL");
    this.#own = undefined;
    await this.#start();
  }

  /** Ends it by SIGTERM. */
  async [Symbol.asyncDispose](): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    await own?.[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    this.#own = await startOwnProcess(this.#command);
    this.#logs.push(this.#own.log);
  }
}

/** A random one of those that serve now; undefined while there is none. */
export function anyOrigin(machines: readonly Machine[], random: Random): string | undefined {
  const origins = machines.map(({ origin }) => origin).filter((origin) => origin !== undefined);
  return origins[Math.floor(random() * origins.length)];
}

/** Waits until processes have ended; those that haven't after this time. */
export async function survivorsOf(pids: readonly number[], longestMs: number): Promise<readonly number[]> {
  const until = performance.now() + longestMs;
  for (;;) {
    const states = await Promise.all(pids.map(async (pid) => ({ pid, isAlive: await isAlive(pid) })));
    const alive = states.filter((state) => state.isAlive).map(({ pid }) => pid);
    if (alive.length === 0 || performance.now() > until) return alive;
    await sleep(200);
  }
}

/** A process that has ended stays listed as "Z" until its parent looks. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  return stat !== null && !/\) Z /.test(stat);
}
