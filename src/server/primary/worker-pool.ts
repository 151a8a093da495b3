// Longer than most, because start, hand-over, hang, exit and replacement of a worker change the same sets.

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { StreamCsvError, toError } from "../../errors.ts";
import { ownProgram } from "../../own-program.ts";
import { AddressLimit } from "./address-limit.ts";
import { Backoff } from "./backoff.ts";
import { closedConnections } from "./placement/closed-connections.ts";
import { FreeOnly } from "./placement/free-only.ts";
import type { ServerStats, WorkerNumbers } from "../metrics/server-stats.ts";
import { resetSocket } from "../../socket/reset-socket.ts";
import { Link } from "../../ipc/link.ts";
import { receiveError } from "../../ipc/sent-error.ts";
import { LivenessWatch, tickInterval } from "../../ipc/liveness-watch.ts";
import { OrphanGuard } from "../../ipc/orphan-guard.ts";
import { workerFlags } from "../../ipc/node-flags.ts";
import type { Placement, PlacementContext } from "./placement/placement.ts";
import { usualConnections } from "./connection-limit.ts";
import { Refuser } from "./refuser.ts";
import { RoundRobin } from "./placement/round-robin.ts";
import type { AccessSettings } from "../access/access-control.ts";
import type { Certificates } from "../shared/certificates.ts";
import type { WorkerModel } from "../shared/settings.ts";
import type {
  ClosedConnections,
  PrimaryMethods,
  PrimaryNotes,
  WorkerMethods,
  WorkerNotes,
  WorkerSettings,
} from "../protocol/messages.ts";
import { neverRejects } from "../../never-rejects.ts";

/** A worker process and the channel to it. */
export interface WorkerHandle {
  readonly pid: number;
  readonly link: Link<WorkerMethods, WorkerNotes>;
  readonly process: ChildProcess;
  /** Open connections that were handed over. */
  connections: number;
  readonly watch: LivenessWatch;
  readonly guard: OrphanGuard;
  /** When its replacement may start. */
  readonly backoff: Backoff;
}

/** The pool's owner: it answers the workers' calls, and learns about their starts and ends. */
export interface PoolHost {
  methods(worker: number): PrimaryMethods;
  notes(worker: number): Omit<PrimaryNotes, "ready" | "failed" | "free" | "connectionsClosed">;
  /** A worker has been started. */
  onStart(worker: number): void;
  /** A worker can take connections. */
  onReady(worker: number, numbers: WorkerNumbers): void;
  /** A worker has died, or has ended as requested. */
  onExit(worker: number, how: string): void;
}

const placements: Readonly<
  Record<WorkerModel, new (context: PlacementContext<WorkerHandle>) => Placement<WorkerHandle>>
> = { async: RoundRobin, sync: FreeOnly };

/** How many workers start at the same time. Each takes a core for a moment, and 256 at once would take all of them. */
const startedAtOnce = 4;

/**
 * Keeps a number of worker processes running and hands clients' sockets to them. The placement of the worker model
 * decides which worker gets a socket, and when.
 *
 * A worker that dies after it was ready is replaced: at once the first time, then with growing delays while its
 * replacements fail early. A worker that hangs is killed.
 */
export class WorkerPool {
  #settings: WorkerSettings;
  readonly #host: PoolHost;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #refuser: Refuser;
  /** Decides which worker gets a connection. */
  readonly placement: Placement<WorkerHandle>;
  readonly #ready = new Set<WorkerHandle>();
  readonly #all = new Map<number, WorkerHandle>();
  readonly #delays = new Set<NodeJS.Timeout>();
  #hasStarted = false;
  readonly #connectionLimit: number;
  readonly #addresses: AddressLimit;
  readonly #ticking: NodeJS.Timeout;
  #handedOver = 0;
  #refusedConnections = 0;
  #isStopping = false;
  /** Connections that came by the port of numbers and transfers. */
  readonly #adminSockets = new WeakSet<Socket>();

  constructor(settings: WorkerSettings, host: PoolHost, log: Logger, clock: Clock) {
    this.#settings = settings;
    this.#host = host;
    this.#log = log;
    this.#clock = clock;
    this.#connectionLimit = settings.maxConnections ?? usualConnections(settings.workers);
    this.#addresses = new AddressLimit(settings.http.connectionsPerAddress);
    this.#refuser = new Refuser(log, settings.http, settings.certificates);
    this.placement = new placements[settings.workerModel]({
      settings,
      clock,
      handOver: (worker, socket, queueWaitSeconds) => this.#handOver(worker, socket, queueWaitSeconds),
      refuse: (socket, reason) => {
        this.#addresses.release(socket);
        this.#refuser.refuse(socket, reason, this.#adminSockets.has(socket));
      },
      closed: closedConnections,
    });
    this.#ticking = setInterval(() => {
      for (const { watch } of this.#all.values()) watch.tick();
    }, tickInterval(settings.hangTimeoutMs)).unref();
  }

  get workers(): readonly WorkerHandle[] {
    return [...this.#all.values()];
  }

  get connections(): ServerStats["connections"] {
    const open = this.#handedOver + this.placement.backlog.queued;
    return { open, limit: this.#connectionLimit, refused: this.#refusedConnections };
  }

  /**
   * Starts workers, a few at a time; resolves when all are ready. @throws the error of the first worker that couldn't
   * start
   */
  async start(count: number): Promise<void> {
    for (let started = 0; started < count; started += startedAtOnce) {
      if (this.#isStopping) throw draining();
      const group = Array.from({ length: Math.min(startedAtOnce, count - started) });
      await Promise.all(group.map(() => this.#startOne(new Backoff(this.#clock))));
    }
    this.#hasStarted = true;
  }

  /** Uses other tokens and links for the requests that follow, or other certificates for the connections that follow. */
  replace(change: AccessSettings | { readonly certificates: Certificates }): void {
    // Also for workers that are started later.
    this.#settings = { ...this.#settings, ...change };
    if ("certificates" in change) this.#refuser.replace(change.certificates);
    for (const { link } of this.workers) {
      if ("certificates" in change) link.note("certificates", change.certificates);
      else link.note("access", change);
    }
  }

  /** Takes a new connection. */
  accept(socket: Socket, isAdmin = false): void {
    if (isAdmin) this.#adminSockets.add(socket);
    try {
      if (this.connections.open >= this.#connectionLimit) throw tooMany(this.#connectionLimit);
      if (!isAdmin) this.#addresses.take(socket);
    } catch (error) {
      this.#refusedConnections += 1;
      this.#refuser.refuse(socket, toError(error), isAdmin);
      return;
    }
    this.placement.place(socket);
  }

  #handOver(worker: WorkerHandle, socket: Socket, queueWaitSeconds: number): void {
    this.#countConnections(worker, 1);
    const isAdmin = this.#adminSockets.has(socket);
    const address = this.#addresses.handOver(socket, worker.pid);
    worker.link.note(
      "connection",
      { queueWaitSeconds, isAdmin, address },
      {
        socket,
        onGivenBack: () => {
          this.#connectionsClosed(worker, { count: 1, addresses: address === null ? [] : [address] });
          this.#refuser.refuse(socket, noDescriptor(), isAdmin);
        },
        // The worker may have sent a part of an answer, which must not look complete.
        onLost: () => resetSocket(socket),
      },
    );
  }

  #connectionsClosed(worker: WorkerHandle, { count, addresses }: ClosedConnections): void {
    this.#countConnections(worker, -count);
    this.#addresses.closed(worker.pid, addresses);
  }

  #countConnections(worker: WorkerHandle, change: number): void {
    // The connections of a dead worker were subtracted already.
    if (!this.#all.has(worker.pid)) return;
    worker.connections += change;
    this.#handedOver += change;
  }

  /** Stops replacing workers that end. When no worker is left, waiting connections are refused. */
  stopReplacing(): void {
    this.#isStopping = true;
    for (const delay of this.#delays) clearTimeout(delay);
    if (this.#ready.size === 0) this.placement.close(draining());
  }

  /** Refuses waiting and new connections; resolves when all refusals are sent. */
  async refuseWaiting(): Promise<void> {
    this.placement.close(draining());
    await this.#refuser.settled();
  }

  /** Kills the remaining workers, by their process ids, and waits until they are gone. */
  async kill(): Promise<void> {
    this.stopReplacing();
    clearInterval(this.#ticking);
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
      const child = fork(fileURLToPath(ownProgram("#worker")), {
        execArgv: [...workerFlags],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      child.once("error", (cause) => {
        const message = `A worker could not be started: ${cause.message}.`;
        reject(new StreamCsvError("SCSV_WORKER_FAILED", message, { cause }));
      });
      const { pid } = child;
      if (pid === undefined) return;
      const late = this.#warnOfLateStart(pid);
      const notes: PrimaryNotes = {
        ...this.#host.notes(pid),
        ready: (numbers) => {
          clearTimeout(late);
          this.#host.onReady(pid, numbers);
          this.#ready.add(worker);
          this.placement.join(worker);
          resolve();
        },
        free: (heldSeconds) => this.placement.free(worker, heldSeconds),
        connectionsClosed: (closed) => this.#connectionsClosed(worker, closed),
        failed: (error) => {
          reject(receiveError(error));
          child.kill("SIGKILL");
        },
      };
      const link = new Link<WorkerMethods, WorkerNotes>(child, this.#host.methods(pid), notes);
      const watch = this.#watch(() => worker);
      child.on("message", () => watch.heard());
      const guard = new OrphanGuard();
      const worker: WorkerHandle = { pid, link, process: child, connections: 0, watch, guard, backoff };
      this.#all.set(pid, worker);
      this.#host.onStart(pid);
      // Not "exit", which may come before the worker's last messages.
      child.once("close", (code, signal) => {
        clearTimeout(late);
        const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
        link.close();
        this.#onExit(worker, how);
        reject(new StreamCsvError("SCSV_WORKER_FAILED", `A worker ${how} before it was ready.`));
      });
      // A file that has vanished since the start must not keep a replacement worker from starting.
      const skipUnreadable = this.#settings.skipUnreadable || this.#hasStarted;
      link.note("start", { ...this.#settings, skipUnreadable });
    });
  }

  /** A source that is opened, or a module that is imported, may wait for something for ever, and the worker answers meanwhile. */
  #warnOfLateStart(worker: number): NodeJS.Timeout {
    const { hangTimeoutMs } = this.#settings;
    const said =
      "a worker isn't ready yet; it waits for a source that it opens, or for a module that it imports";
    return setTimeout(
      () => this.#log.warn({ worker, startingMs: hangTimeoutMs }, said),
      hangTimeoutMs,
    ).unref();
  }

  #watch(watched: () => WorkerHandle): LivenessWatch {
    const { hangTimeoutMs } = this.#settings;
    return new LivenessWatch(
      {
        ping: () => watched().link.ping(),
        onSilent: () => {
          watched().guard.begin(watched().pid);
          this.placement.suspend(watched());
        },
        onAnswer: () => {
          neverRejects(watched().guard.end());
          this.placement.resume(watched());
        },
        onHung: () => {
          const { pid, process } = watched();
          this.#log.error({ worker: pid, hangTimeoutMs }, "a worker doesn't answer; it is killed");
          process.kill("SIGKILL");
        },
      },
      Math.ceil(hangTimeoutMs / tickInterval(hangTimeoutMs)),
    );
  }

  #onExit(worker: WorkerHandle, how: string): void {
    neverRejects(worker.guard.end());
    this.#countConnections(worker, -worker.connections);
    this.#addresses.forget(worker.pid);
    this.#all.delete(worker.pid);
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
      neverRejects(this.#replace(backoff));
    }, delayMs);
    this.#delays.add(delay);
  }
}

function draining(): StreamCsvError {
  return new StreamCsvError("SCSV_DRAINING", "The server is shutting down and takes no new requests.");
}

function tooMany(limit: number): StreamCsvError {
  const hint = "Try again after the seconds in Retry-After, or raise --max-connections.";
  const message = `${limit} connections are open, which is the limit.`;
  return new StreamCsvError("SCSV_BUSY", message, { retryAfterSeconds: 1, hint });
}

function noDescriptor(): StreamCsvError {
  const hint =
    "Try again after the seconds in Retry-After; raise the limit of open files, or lower --max-connections.";
  return new StreamCsvError("SCSV_BUSY", "The worker has no file descriptor left.", {
    retryAfterSeconds: 1,
    hint,
  });
}
