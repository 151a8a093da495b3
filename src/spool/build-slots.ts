import { ExportSlots } from "../admission/export-slots.ts";
import { Occupancy } from "../admission/occupancy.ts";
import type { Clock } from "../clock.ts";
import { digestFile } from "./builder/build-file.ts";
import { fileDigest } from "./builder/file-digest.ts";
import type { FileChecker } from "./spool-file.ts";

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

/** The slots of the files that are built or checked because requests wait for them, whatever they are for. */
export class BuildSlots implements FileChecker {
  readonly #builds: Occupancy;
  readonly #slots: ExportSlots;

  constructor({ queue, queueTimeoutMs }: BuildQueue, clock: Clock) {
    this.#builds = new Occupancy(clock);
    const limits = { slots: mostBuilds, what: "slots for building files", queue, queueTimeoutMs };
    this.#slots = new ExportSlots(limits, this.#builds, clock);
  }

  /** Files that are built or checked now, each by a process. */
  get busy(): number {
    return this.#builds.busy;
  }

  /** Runs `act` when a slot is free. @throws StreamCsvError `SCSV_BUSY` when none can be had; the signal's reason when aborted */
  async run<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const slot = await this.#slots.acquire(signal);
    try {
      return await act();
    } finally {
      slot.release();
    }
  }

  /** SHA-256 of a file, hexadecimal. @throws what `run` throws, and what reading the file throws */
  readonly digest: FileChecker["digest"] = async ({ path, bytes }, signal) =>
    bytes <= mostBytesInPrimary
      ? await fileDigest(path)
      : await this.run(signal, () => digestFile(path, signal));

  /** Refuses all that wait, and all further ones. */
  close(reason: Error): void {
    this.#slots.close(reason);
  }
}
