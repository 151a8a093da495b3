import type { Clock } from "../../../clock.ts";
import { StreamCsvError } from "../../../errors.ts";
import { noProgress } from "../../../body/encode-batches.ts";
import type { ExportStats } from "../../metrics/server-stats.ts";
import { TransferDurations } from "../../metrics/transfer-durations.ts";
import type {
  EndState,
  TransferEnd,
  TransferProgress,
  TransferRecord,
  TransferStart,
} from "../../protocol/messages.ts";

/** How many ended transfers are kept. */
const historyLength = 1000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Counts = Mutable<
  Pick<ExportStats, "name" | "delivery" | "running" | "rows" | "bytes" | "heldSeconds">
> & {
  readonly transfers: Mutable<ExportStats["transfers"]>;
};

const counterOfState = {
  completed: "completed",
  "client-gone": "clientGone",
  "timed-out": "timedOut",
  cancelled: "cancelled",
  failed: "failed",
} as const satisfies Record<EndState, keyof Counts["transfers"]>;

/**
 * The transfers of all workers: the running ones, the last thousand that ended, and counts of all. The primary holds
 * it, so that any worker can answer for any transfer, and no record is lost with its worker.
 */
export class TransferRegistry {
  readonly #clock: Clock;
  /** In order of start; old ended transfers are dropped from the front. */
  readonly #records = new Map<string, TransferRecord>();
  /** The start of each running transfer by the monotonic clock, because the time of day may be changed. */
  readonly #startedAtMs = new Map<string, number>();
  readonly #counts = new Map<string, Counts>();
  readonly #durations = new TransferDurations();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The running transfers. */
  get running(): readonly TransferRecord[] {
    return this.list().filter((record) => record.state === "running");
  }

  get #runningCount(): number {
    return [...this.#counts.values()].reduce((sum, { running }) => sum + running, 0);
  }

  start(worker: number, start: TransferStart): void {
    const record = {
      ...start,
      worker,
      ...noProgress,
      sha256: null,
      endedAt: null,
      firstByteSeconds: null,
      heldSeconds: null,
      error: null,
    };
    this.#records.set(start.id, { ...record, state: "running" });
    this.#startedAtMs.set(start.id, this.#clock.nowMs());
    this.#countsOf(start).running += 1;
  }

  update(progress: TransferProgress): void {
    const record = this.#records.get(progress.id);
    if (record?.state === "running") this.#records.set(progress.id, { ...record, ...progress });
  }

  end(end: TransferEnd): void {
    const record = this.#records.get(end.id);
    if (record?.state !== "running") return;
    this.#startedAtMs.delete(end.id);
    const ended = { ...record, ...end, endedAt: new Date(this.#clock.wallMs()).toISOString() };
    this.#records.set(end.id, ended);
    this.#count(ended);
    this.#forget();
  }

  /** Ends the transfers of a worker that died. */
  failAllOf(worker: number, message: string): void {
    const nowMs = this.#clock.nowMs();
    for (const { id, rows, bytes, guardedCells, worker: owner } of this.running) {
      if (owner !== worker) continue;
      const heldSeconds = (nowMs - (this.#startedAtMs.get(id) ?? nowMs)) / 1000;
      const error = { code: "SCSV_WORKER_FAILED", message };
      this.end({
        id,
        rows,
        bytes,
        guardedCells,
        state: "failed",
        sha256: null,
        firstByteSeconds: null,
        heldSeconds,
        error,
      });
    }
  }

  list(): readonly TransferRecord[] {
    return [...this.#records.values()];
  }

  has(id: string): boolean {
    return this.#records.has(id);
  }

  /** @throws StreamCsvError `SCSV_UNKNOWN_TRANSFER` */
  get(id: string): TransferRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw unknownTransfer(id);
    return record;
  }

  /** Histograms of the transfers' durations. */
  histograms(): ReturnType<TransferDurations["registry"]> {
    return this.#durations.registry();
  }

  stats(): Promise<readonly ExportStats[]> {
    return Promise.all(
      [...this.#counts.values()].map(async (counts) => {
        const { name, delivery } = counts;
        return Object.assign(await this.#durations.of({ export: name, delivery }), counts);
      }),
    );
  }

  #count(ended: TransferRecord): void {
    const counts = this.#countsOf(ended);
    counts.running -= 1;
    if (ended.state !== "running") counts.transfers[counterOfState[ended.state]] += 1;
    counts.rows += ended.rows;
    counts.bytes += ended.bytes;
    counts.heldSeconds += ended.heldSeconds ?? 0;
    this.#durations.observe(
      { export: ended.export, delivery: ended.delivery },
      { ...ended, heldSeconds: ended.heldSeconds ?? 0 },
    );
  }

  #countsOf({ export: name, delivery }: Pick<TransferStart, "export" | "delivery">): Counts {
    const key = JSON.stringify([name, delivery]);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const counts: Counts = {
      name,
      delivery,
      running: 0,
      transfers: { completed: 0, clientGone: 0, timedOut: 0, cancelled: 0, failed: 0 },
      rows: 0,
      bytes: 0,
      heldSeconds: 0,
    };
    this.#counts.set(key, counts);
    return counts;
  }

  #forget(): void {
    let surplus = this.#records.size - this.#runningCount - historyLength;
    for (const [id, { state }] of this.#records) {
      if (surplus <= 0) return;
      if (state === "running") continue;
      this.#records.delete(id);
      surplus -= 1;
    }
  }
}

/** The fault of an id that nobody has, or another's transfer has. */
export function unknownTransfer(id: string): StreamCsvError {
  return new StreamCsvError("SCSV_UNKNOWN_TRANSFER", `There is no transfer "${id}", or it ended long ago.`);
}
