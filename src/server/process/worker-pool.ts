import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { StreamCsvError } from "../../errors.ts";
import { Link, receiveError } from "./ipc.ts";
import { nodeFlags } from "./node-flags.ts";
import type { ServerSettings } from "../settings.ts";
import type { PrimaryMethods, PrimaryNotes, WorkerMethods, WorkerNotes } from "./message.ts";

/** A worker process and the channel to it. */
export interface Worker {
  readonly pid: number;
  readonly link: Link<WorkerMethods, WorkerNotes>;
  readonly process: ChildProcess;
  /** Sockets that were handed over and haven't arrived. */
  readonly arriving: Set<Socket>;
}

/** What the pool's owner does for workers, and what it wants to know of them. */
export interface PoolHost {
  methods(worker: number): PrimaryMethods;
  notes(worker: number): Omit<PrimaryNotes, "ready" | "failed">;
  /** A worker has died, or has ended as it was told to. */
  onExit(worker: number, how: string): void;
}

const firstDelayMs = 100;
const longestDelayMs = 5000;

/**
 * Keeps a number of worker processes running and hands clients' sockets to them in turn.
 *
 * A worker that dies after it was ready is replaced, at once the first time and later and later while replacements keep
 * dying. Sockets that arrive while no worker is ready wait for one.
 */
export class WorkerPool {
  readonly #settings: ServerSettings;
  readonly #host: PoolHost;
  readonly #log: Logger;
  /** Those that are ready, the next in turn first. */
  readonly #ready: Worker[] = [];
  readonly #all = new Map<number, Worker>();
  readonly #unplaced: Socket[] = [];
  readonly #delays = new Set<NodeJS.Timeout>();
  #delayMs = firstDelayMs;
  #isStopping = false;

  constructor(settings: ServerSettings, host: PoolHost, log: Logger) {
    this.#settings = settings;
    this.#host = host;
    this.#log = log;
  }

  get workers(): readonly Worker[] {
    return [...this.#all.values()];
  }

  /** Starts workers; resolves when all are ready. @throws what kept the first of them from starting */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#startOne()));
  }

  /** Hands a client to the worker whose turn it is. */
  place(socket: Socket): void {
    const worker = this.#ready.shift();
    if (worker === undefined) {
      this.#unplaced.push(socket);
      return;
    }
    this.#ready.push(worker);
    this.#handOver(worker, socket);
  }

  /**
   * Node drops handles that wait for a channel which closes, without a word; therefore what is on its way is known here,
   * and cut when the worker dies.
   */
  #handOver(worker: Worker, socket: Socket): void {
    worker.arriving.add(socket);
    const arrived = (): void => void worker.arriving.delete(socket);
    worker.link.note("connection", null, { handle: socket, onSent: arrived, onLost: () => socket.destroy() });
  }

  /** From now on a worker that ends isn't replaced. */
  stopReplacing(): void {
    this.#isStopping = true;
    for (const delay of this.#delays) clearTimeout(delay);
    for (const socket of this.#unplaced.splice(0)) socket.destroy();
  }

  /** Ends what is left of the workers, by their process ids, and waits until they are gone. */
  async kill(): Promise<void> {
    this.stopReplacing();
    await Promise.all(
      this.workers.map(async ({ process }) => {
        if (process.exitCode !== null || process.signalCode !== null) return;
        process.kill("SIGKILL");
        await once(process, "exit");
      }),
    );
  }

  #startOne(): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(new URL("../worker.js", import.meta.url)), {
        execArgv: [...nodeFlags],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      const pid = child.pid ?? 0;
      const notes: PrimaryNotes = {
        ...this.#host.notes(pid),
        ready: () => {
          this.#ready.push(worker);
          for (const socket of this.#unplaced.splice(0)) this.place(socket);
          resolve();
        },
        failed: (error) => {
          reject(receiveError(error));
          child.kill("SIGKILL");
        },
      };
      const link = new Link<WorkerMethods, WorkerNotes>(child, this.#host.methods(pid), notes);
      const worker: Worker = { pid, link, process: child, arriving: new Set() };
      this.#all.set(pid, worker);
      child.once("error", reject);
      // Not "exit", which may come before the last of what the worker has said.
      child.once("close", (code, signal) => {
        const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
        this.#onExit(worker, how);
        reject(new StreamCsvError("SCSV_WORKER_FAILED", `A worker ${how} before it was ready.`));
      });
      link.note("start", this.#settings);
    });
  }

  #onExit(worker: Worker, how: string): void {
    this.#all.delete(worker.pid);
    for (const socket of worker.arriving) socket.destroy();
    const place = this.#ready.indexOf(worker);
    if (place >= 0) this.#ready.splice(place, 1);
    this.#host.onExit(worker.pid, how);
    if (this.#isStopping || place < 0) return;
    this.#log.error({ worker: worker.pid, delayMs: this.#delayMs }, `a worker ${how}; another is started`);
    this.#replaceLater();
  }

  async #replace(): Promise<void> {
    try {
      await this.#startOne();
      this.#delayMs = firstDelayMs;
    } catch (error) {
      if (this.#isStopping) return;
      this.#log.error({ err: error }, "a worker could not be replaced; trying again");
      this.#replaceLater();
    }
  }

  #replaceLater(): void {
    const delay = setTimeout(() => {
      this.#delays.delete(delay);
      void this.#replace();
    }, this.#delayMs);
    this.#delays.add(delay);
    this.#delayMs = Math.min(longestDelayMs, this.#delayMs * 2);
  }
}
