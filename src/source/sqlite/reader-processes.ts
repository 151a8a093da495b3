import { ExportSlots } from "../../admission/export-slots.ts";
import { Occupancy } from "../../admission/occupancy.ts";
import { systemClock } from "../../clock.ts";
import { neverRejects } from "../../never-rejects.ts";
import { ReaderProcess } from "./reader-process.ts";

/** The use of a reader process for one request. */
interface ReaderLease {
  readonly reader: ReaderProcess;
  /** Keeps the process for the next request; only after a complete answer. */
  release(): void;
  /** Kills the process at once. It does nothing after either was called. */
  kill(): void;
}

/** How many processes may read at the same time; each takes about 75 MB. */
const mostReaders = 8;
const mostWaiting = 64;
const mostWaitingMs = 30_000;

/** How many unused processes are kept for the next request, and for how long. */
const mostIdle = 2;
const lingerMs = 5000;

/**
 * The processes that read SQLite databases for this process. They are started on demand; requests beyond the limit wait in order of
 * arrival. An unused one doesn't keep this process alive.
 */
class ReaderProcesses {
  readonly #slots = new ExportSlots(
    {
      slots: mostReaders,
      what: "processes that read SQLite databases",
      queue: mostWaiting,
      queueTimeoutMs: mostWaitingMs,
    },
    new Occupancy(systemClock),
    systemClock,
  );
  readonly #idle = new Map<ReaderProcess, NodeJS.Timeout>();

  /**
   * Lends a process for one request. Aborting the signal kills it.
   * @throws StreamCsvError `SCSV_BUSY` when none comes free in time, or there is no memory to start one; the signal's reason when aborted
   */
  async lease(signal: AbortSignal): Promise<ReaderLease> {
    const slot = await this.#slots.acquire(signal);
    const reader = this.#takeIdle() ?? startFor(slot);
    let isOver = false;
    const end = (how: () => void): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener("abort", kill);
      how();
    };
    const kill = (): void =>
      end(() => {
        reader.kill();
        // Until it is gone, it is one of so many at most.
        neverRejects(reader.exited.then(() => slot.release()));
      });
    const release = (): void =>
      end(() => {
        this.#rest(reader);
        slot.release();
      });
    signal.addEventListener("abort", kill, { once: true });
    return { reader, kill, release };
  }

  #takeIdle(): ReaderProcess | undefined {
    for (const [reader, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(reader);
      if (!reader.isAlive) continue;
      reader.keepAlive(true);
      return reader;
    }
    return undefined;
  }

  #rest(reader: ReaderProcess): void {
    if (this.#idle.size >= mostIdle) {
      reader.kill();
      return;
    }
    reader.keepAlive(false);
    const end = (): void => {
      this.#idle.delete(reader);
      reader.kill();
    };
    this.#idle.set(reader, setTimeout(end, lingerMs).unref());
  }
}

/** Starts a process, and gives its slot back where that throws. */
function startFor(slot: { readonly release: () => void }): ReaderProcess {
  try {
    return new ReaderProcess();
  } catch (error) {
    slot.release();
    throw error;
  }
}

/** One set for the whole process, so that its limit holds for all sources. */
export const readerProcesses = new ReaderProcesses();
