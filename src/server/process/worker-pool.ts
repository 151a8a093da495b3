import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import { Backoff } from "./backoff.ts";
import { FreeOnly } from "./free-only.ts";
import { Link, receiveError } from "./ipc.ts";
import { nodeFlags } from "./node-flags.ts";
import type { Placement, PlacementContext } from "./placement.ts";
import { Refuser } from "./refuser.ts";
import { RoundRobin } from "./round-robin.ts";
import type { ServerSettings, WorkerModel } from "../settings.ts";
import type { PrimaryMethods, PrimaryNotes, WorkerMethods, WorkerNotes } from "./message.ts";

/** A worker process and the channel to it. */
export interface Worker {
  readonly pid: number;
  readonly link: Link<WorkerMethods, WorkerNotes>;
  readonly process: ChildProcess;
  /** Sockets that were handed over and haven't arrived. */
  readonly arriving: Set<Socket>;
  /** When the one that takes its place may start. */
  readonly backoff: Backoff;
}

/** What the pool's owner does for workers, and what it wants to know of them. */
export interface PoolHost {
  methods(worker: number): PrimaryMethods;
  notes(worker: number): Omit<PrimaryNotes, "ready" | "failed" | "free">;
  /** A worker has died, or has ended as it was told to. */
  onExit(worker: number, how: string): void;
}

const placements: Readonly<
  Record<WorkerModel, new (context: PlacementContext<Worker>) => Placement<Worker>>
> = { async: RoundRobin, sync: FreeOnly };

/**
 * Keeps a number of worker processes running and hands clients' sockets to them; to which and when, the placement of
 * their kind says.
 *
 * A worker that dies after it was ready is replaced, at once the first time and later and later while its replacements
 * die young.
 */
export class WorkerPool {
  readonly #settings: ServerSettings;
  readonly #host: PoolHost;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #refuser: Refuser;
  /** Where each connection goes. */
  readonly placement: Placement<Worker>;
  readonly #ready = new Set<Worker>();
  readonly #all = new Map<number, Worker>();
  readonly #delays = new Set<NodeJS.Timeout>();
  #hasStarted = false;
  #isStopping = false;

  constructor(settings: ServerSettings, host: PoolHost, log: Logger, clock: Clock) {
    this.#settings = settings;
    this.#host = host;
    this.#log = log;
    this.#clock = clock;
    this.#refuser = new Refuser(log);
    this.placement = new placements[settings.workerModel]({
      settings,
      clock,
      handOver: (worker, socket, queueWaitSeconds) => this.#handOver(worker, socket, queueWaitSeconds),
      refuse: (socket, reason) => this.#refuser.refuse(socket, reason),
    });
  }

  get workers(): readonly Worker[] {
    return [...this.#all.values()];
  }

  /** Starts workers; resolves when all are ready. @throws what kept the first of them from starting */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#startOne(new Backoff(this.#clock))));
    this.#hasStarted = true;
  }

  /**
   * Node drops handles that wait for a channel which closes, without a word; therefore what is on its way is known here,
   * and cut when the worker dies.
   */
  #handOver(worker: Worker, socket: Socket, queueWaitSeconds: number): void {
    worker.arriving.add(socket);
    const arrived = (): void => void worker.arriving.delete(socket);
    worker.link.note("connection", queueWaitSeconds, {
      handle: socket,
      onSent: arrived,
      onLost: () => socket.destroy(),
    });
  }

  /** From now on a worker that ends isn't replaced, and when none is left nobody is made to wait for one. */
  stopReplacing(): void {
    this.#isStopping = true;
    for (const delay of this.#delays) clearTimeout(delay);
    if (this.#ready.size === 0) this.placement.close(draining());
  }

  /** Resolves when every connection that waits, or that comes, has been refused. */
  async refuseWaiting(): Promise<void> {
    this.placement.close(draining());
    await this.#refuser.settled();
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
    this.#refuser.close();
  }

  #startOne(backoff: Backoff): Promise<void> {
    return new Promise((resolve, reject) => {
      backoff.started();
      const child = fork(fileURLToPath(new URL("../worker.js", import.meta.url)), {
        execArgv: [...nodeFlags],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      const pid = child.pid ?? 0;
      const notes: PrimaryNotes = {
        ...this.#host.notes(pid),
        ready: () => {
          this.#ready.add(worker);
          this.placement.join(worker);
          resolve();
        },
        free: (heldSeconds) => this.placement.free(worker, heldSeconds),
        failed: (error) => {
          reject(receiveError(error));
          child.kill("SIGKILL");
        },
      };
      const link = new Link<WorkerMethods, WorkerNotes>(child, this.#host.methods(pid), notes);
      const worker: Worker = { pid, link, process: child, arriving: new Set(), backoff };
      this.#all.set(pid, worker);
      child.once("error", reject);
      // Not "exit", which may come before the last of what the worker has said.
      child.once("close", (code, signal) => {
        const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
        this.#onExit(worker, how);
        reject(new StreamCsvError("SCSV_WORKER_FAILED", `A worker ${how} before it was ready.`));
      });
      // A file that is gone by now costs its exports alone, and not the worker that takes another's place.
      const skipUnreadable = this.#settings.skipUnreadable || this.#hasStarted;
      link.note("start", { ...this.#settings, skipUnreadable });
    });
  }

  #onExit(worker: Worker, how: string): void {
    this.#all.delete(worker.pid);
    for (const socket of worker.arriving) socket.destroy();
    const wasReady = this.#ready.delete(worker);
    this.placement.leave(worker);
    this.#host.onExit(worker.pid, how);
    if (this.#isStopping && this.#ready.size === 0) this.placement.close(draining());
    if (this.#isStopping || !wasReady) return;
    const delayMs = worker.backoff.died();
    this.#log.error({ worker: worker.pid, delayMs }, `a worker ${how}; another is started`);
    this.#replaceLater(worker.backoff, delayMs);
  }

  async #replace(backoff: Backoff): Promise<void> {
    try {
      await this.#startOne(backoff);
    } catch (error) {
      if (this.#isStopping) return;
      const delayMs = backoff.died();
      this.#log.error({ err: error, delayMs }, "a worker could not be replaced; trying again");
      this.#replaceLater(backoff, delayMs);
    }
  }

  #replaceLater(backoff: Backoff, delayMs: number): void {
    const delay = setTimeout(() => {
      this.#delays.delete(delay);
      void this.#replace(backoff);
    }, delayMs);
    this.#delays.add(delay);
  }
}

function draining(): StreamCsvError {
  return new StreamCsvError("SCSV_DRAINING", "The server is shutting down and takes no new requests.");
}
