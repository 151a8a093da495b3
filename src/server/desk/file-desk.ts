import { StreamCsvError } from "../../errors.ts";
import type { BuiltFile, Spool } from "../../spool/spool.ts";
import { buildFile } from "../process/build-file.ts";
import type { BuildRequest, LeasedFile, SpoolRequest } from "../process/message.ts";

/** Files made at the same time; each takes a process. */
const mostBuilds = 4;

interface Waiting {
  readonly worker: number;
  readonly abort: AbortController;
}

/** Who waits for files of the spool and who holds them, so that nothing is made or kept for somebody who is gone. */
export class FileDesk {
  readonly #spool: Spool;
  readonly #isRunning: (worker: number) => boolean;
  /** By the transfer that waits. */
  readonly #waiting = new Map<string, Waiting>();
  /** What gives back each leased file, by worker and lease. */
  readonly #leases = new Map<number, Map<number, () => void>>();
  #nextLease = 1;
  #builds = 0;

  constructor(spool: Spool, isRunning: (worker: number) => boolean) {
    this.#spool = spool;
    this.#isRunning = isRunning;
  }

  get usage(): Spool["usage"] & { readonly builds: number } {
    return { ...this.#spool.usage, builds: this.#builds };
  }

  /** Leases a file to a worker, on behalf of one of its transfers; it is made first if need be. */
  async lease(worker: number, { transfer, ...request }: SpoolRequest): Promise<LeasedFile> {
    const abort = new AbortController();
    this.#waiting.set(transfer, { worker, abort });
    try {
      const { file, release } = await this.#spool.acquire(
        request.key,
        (path, reserve, signal) => this.#build({ ...request, path }, reserve, signal),
        abort.signal,
      );
      return { ...file, lease: this.#keep(worker, release) };
    } finally {
      this.#waiting.delete(transfer);
    }
  }

  release(worker: number, lease: number): void {
    this.#leases.get(worker)?.get(lease)?.();
    this.#leases.get(worker)?.delete(lease);
  }

  /** A transfer has ended: when it waited for a file, it waits no more, and what nobody else waits for isn't made. */
  leave(transfer: string): void {
    this.#waiting.get(transfer)?.abort.abort(left());
  }

  /** Gives back all that a worker held and waited for. */
  onExit(worker: number): void {
    for (const waiting of this.#waiting.values()) if (waiting.worker === worker) waiting.abort.abort(left());
    for (const release of this.#leases.get(worker)?.values() ?? []) release();
    this.#leases.delete(worker);
  }

  /** Stops files from being made, and resolves when none is. */
  async close(): Promise<void> {
    await this.#spool.close(new StreamCsvError("SCSV_DRAINING", "The server is shutting down."));
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

  async #build(
    request: BuildRequest,
    reserve: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<BuiltFile> {
    if (this.#builds >= mostBuilds) {
      const message = `${mostBuilds} files are being made already, which is as many as at once.`;
      throw new StreamCsvError("SCSV_BUSY", message, { retryAfterSeconds: 5, hint: "Try again later." });
    }
    this.#builds += 1;
    try {
      return await buildFile(request, reserve, signal);
    } finally {
      this.#builds -= 1;
    }
  }
}

function left(): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The client that waited for the file has left.");
}
