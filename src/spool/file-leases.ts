import type { Clock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";
import type { BuildSlots } from "./build-slots.ts";
import type { FileMaker } from "./spool-file.ts";
import type { Spool, SpoolLease } from "./spool.ts";
import { buildFile } from "./builder/build-file.ts";
import type { LeasedFile, RequestedFile, SpoolRequest } from "./spool-request.ts";
import { TextTimes } from "./text-times.ts";

/** Something that waits for a file, for a client of a worker. */
interface Wait {
  readonly worker: number;
  readonly abort: AbortController;
}

/**
 * Tracks what waits for spool files and which workers hold them, so that no file is built, checked or kept for a client
 * that is gone.
 */
export class FileLeases {
  readonly #spool: Spool;
  readonly #isRunning: (worker: number) => boolean;
  readonly #builds: BuildSlots;
  readonly #times: TextTimes;
  /** By the id of the transfer, or of another request. */
  readonly #waits = new Map<string, Wait>();
  /** The function that releases each leased file, by worker and lease. */
  readonly #leases = new Map<number, Map<number, () => void>>();
  #nextLease = 1;

  constructor(spool: Spool, builds: BuildSlots, clock: Clock, isRunning: (worker: number) => boolean) {
    this.#spool = spool;
    this.#times = new TextTimes(() => clock.wallMs());
    this.#builds = builds;
    this.#isRunning = isRunning;
  }

  get usage(): Spool["usage"] & { readonly builds: number; readonly leases: number } {
    const leases = [...this.#leases.values()].reduce((sum, { size }) => sum + size, 0);
    return { ...this.#spool.usage, builds: this.#builds.busy, leases };
  }

  /** Leases a file to a worker for one of its transfers, and builds it first if necessary. */
  async lease(worker: number, request: SpoolRequest): Promise<RequestedFile> {
    const { transfer, name, parameters, key } = request;
    return await this.wait(worker, transfer, async (signal) => {
      const lease = await this.#spool.acquire(key, this.#maker(request), signal);
      const sinceMs = this.#times.since(JSON.stringify([name, parameters]), key);
      return { ...this.handOver(worker, lease), sinceMs };
    });
  }

  /**
   * Does what waits for a file.
   * @param id by which {@link leave} ends the wait
   * @param act its signal is aborted when the wait is left, or the worker dies
   */
  async wait<T>(worker: number, id: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    this.#waits.set(id, { worker, abort });
    try {
      return await act(abort.signal);
    } finally {
      this.#waits.delete(id);
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
   * A transfer has ended, or a client that waited has left. If it waited for a file, that wait ends, and a build or a check for
   * which nobody else waits is stopped.
   */
  leave(id: string): void {
    this.#waits.get(id)?.abort.abort(left());
  }

  /** Releases all leases of a worker, and ends its waits. */
  onExit(worker: number): void {
    for (const wait of this.#waits.values()) if (wait.worker === worker) wait.abort.abort(left());
    for (const release of this.#leases.get(worker)?.values() ?? []) release();
    this.#leases.delete(worker);
  }

  /** Stops all builds; resolves when none is running. */
  async close(): Promise<void> {
    const reason = new StreamCsvError("SCSV_DRAINING", "The server is shutting down.");
    this.#builds.close(reason);
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
        this.#builds.run(signal, () => buildFile({ ...request, label, path }, room, signal)),
      digest: this.#builds.digest,
    };
  }
}

function left(): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The client that waited for the file has disconnected.");
}
