import type { Clock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";
import { Occupancy } from "../admission/occupancy.ts";
import { fileDigest } from "./builder/file-digest.ts";
import type { FileMaker } from "./spool-file.ts";
import type { Spool, SpoolLease } from "./spool.ts";
import { ExportSlots } from "../admission/export-slots.ts";
import { buildFile, digestFile } from "./builder/build-file.ts";
import type { LeasedFile, SpoolRequest } from "./spool-request.ts";

/** Files built or checked at the same time; each needs a process. */
const mostBuilds = 4;
/**
 * A file up to this size is checked in the primary. That takes a few milliseconds, in blocks between which the event
 * loop gets its turn.
 */
const mostBytesInPrimary = 4 * 1024 ** 2;

/** How many builds may wait for a build slot, and for how long. */
export interface BuildQueue {
  readonly queue: number;
  readonly queueTimeoutMs: number;
}

interface WaitingTransfer {
  readonly worker: number;
  readonly abort: AbortController;
}

/**
 * Tracks which transfers wait for spool files and which workers hold them, so that no file is built or kept for a
 * client that is gone.
 */
export class FileLeases {
  readonly #spool: Spool;
  readonly #isRunning: (worker: number) => boolean;
  readonly #builds: Occupancy;
  /** The slots for builds, and the builds that wait for one. */
  readonly #buildSlots: ExportSlots;
  /** By the id of the waiting transfer. */
  readonly #waiting = new Map<string, WaitingTransfer>();
  /** The function that releases each leased file, by worker and lease. */
  readonly #leases = new Map<number, Map<number, () => void>>();
  #nextLease = 1;

  constructor(
    spool: Spool,
    { queue, queueTimeoutMs }: BuildQueue,
    clock: Clock,
    isRunning: (worker: number) => boolean,
  ) {
    this.#spool = spool;
    this.#isRunning = isRunning;
    this.#builds = new Occupancy(clock);
    const limits = { slots: mostBuilds, what: "slots for building files", queue, queueTimeoutMs };
    this.#buildSlots = new ExportSlots(limits, this.#builds, clock);
  }

  get usage(): Spool["usage"] & { readonly builds: number; readonly leases: number } {
    const leases = [...this.#leases.values()].reduce((sum, { size }) => sum + size, 0);
    return { ...this.#spool.usage, builds: this.#builds.busy, leases };
  }

  /** Leases a file to a worker for one of its transfers, and builds it first if necessary. */
  async lease(worker: number, request: SpoolRequest): Promise<LeasedFile> {
    const { transfer } = request;
    const abort = new AbortController();
    this.#waiting.set(transfer, { worker, abort });
    try {
      return this.handOver(
        worker,
        await this.#spool.acquire(request.key, this.#maker(request), abort.signal),
      );
    } finally {
      this.#waiting.delete(transfer);
    }
  }

  /** Hands a lease of the spool to a worker. */
  handOver(worker: number, { file, release }: SpoolLease): LeasedFile {
    return { ...file, lease: this.#keep(worker, release) };
  }

  release(worker: number, lease: number): void {
    this.#leases.get(worker)?.get(lease)?.();
    this.#leases.get(worker)?.delete(lease);
  }

  /** A transfer couldn't read its file: it is checked before it is leased again. */
  doubt(key: string): void {
    this.#spool.doubt(key);
  }

  /**
   * A transfer has ended. If it waited for a file, that wait ends, and a build that no other transfer waits for is
   * stopped.
   */
  leave(transfer: string): void {
    this.#waiting.get(transfer)?.abort.abort(left());
  }

  /** Releases all leases of a worker, and ends its waits. */
  onExit(worker: number): void {
    for (const waiting of this.#waiting.values()) if (waiting.worker === worker) waiting.abort.abort(left());
    for (const release of this.#leases.get(worker)?.values() ?? []) release();
    this.#leases.delete(worker);
  }

  /** Stops all builds; resolves when none is running. */
  async close(): Promise<void> {
    const reason = new StreamCsvError("SCSV_DRAINING", "The server is shutting down.");
    this.#buildSlots.close(reason);
    await this.#spool.close(reason);
  }

  #keep(worker: number, release: () => void): number {
    const lease = this.#nextLease;
    this.#nextLease += 1;
    if (this.#isRunning(worker)) {
      const leases = this.#leases.get(worker) ?? new Map<number, () => void>();
      this.#leases.set(worker, leases.set(lease, release));
    } else {
      release();
    }
    return lease;
  }

  #maker({ transfer: label, ...request }: SpoolRequest): FileMaker {
    return {
      build: (path, room, signal) =>
        this.#inBuildSlot(signal, () => buildFile({ ...request, label, path }, room, signal)),
      digest: async ({ path, bytes }, signal) =>
        bytes <= mostBytesInPrimary
          ? await fileDigest(path)
          : await this.#inBuildSlot(signal, () => digestFile(path, signal)),
    };
  }

  /** Runs `act` when a build slot is free. */
  async #inBuildSlot<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const slot = await this.#buildSlots.acquire(signal);
    try {
      return await act();
    } finally {
      slot.release();
    }
  }
}

function left(): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The client that waited for the file has disconnected.");
}
