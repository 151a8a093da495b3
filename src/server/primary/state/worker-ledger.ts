import type { Clock } from "../../../clock.ts";
import type { WorkerNumbers, WorkerStats } from "../../metrics/server-stats.ts";
import { advance, carryOn, noNumbers } from "../../metrics/worker-number.ts";

interface LedgerEntry {
  pid: number;
  isRunning: boolean;
  restarts: number;
  /** The counters of the processes that this one replaced. */
  before: WorkerNumbers;
  latest: WorkerNumbers;
  reportedAtMs: number;
}

/**
 * The last known numbers of every worker. A process that replaces a dead one continues its counters, so that no
 * counter ever falls. A dead process's work after its last report isn't counted.
 */
export class WorkerLedger {
  readonly #clock: Clock;
  readonly #entries: LedgerEntry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A worker is started: it takes over the entry of one that died, or gets a new one. */
  start(pid: number): void {
    const vacant = this.#entries.find((entry) => !entry.isRunning);
    const reportedAtMs = this.#clock.nowMs();
    if (vacant === undefined) {
      this.#entries.push({
        pid,
        isRunning: true,
        restarts: 0,
        before: noNumbers,
        latest: noNumbers,
        reportedAtMs,
      });
      return;
    }
    Object.assign(vacant, { pid, isRunning: true, reportedAtMs });
    vacant.restarts += 1;
  }

  /** Records the numbers of a running worker; a late report of one that has ended is ignored. */
  record(pid: number, numbers: WorkerNumbers): void {
    const entry = this.#entries.find((each) => each.isRunning && each.pid === pid);
    if (entry === undefined) return;
    entry.latest = advance(entry.latest, numbers);
    entry.reportedAtMs = this.#clock.nowMs();
  }

  /** A worker has ended: its counters stay, its gauges become 0. */
  leave(pid: number): void {
    const entry = this.#entries.find((each) => each.isRunning && each.pid === pid);
    if (entry === undefined) return;
    entry.isRunning = false;
    entry.before = carryOn(entry.before, entry.latest);
    entry.latest = noNumbers;
  }

  get workers(): readonly WorkerStats[] {
    return this.#entries.map(({ pid, isRunning, restarts, before, latest, reportedAtMs }, worker) => ({
      worker,
      pid,
      isRunning,
      restarts,
      ageSeconds: (this.#clock.nowMs() - reportedAtMs) / 1000,
      ...carryOn(before, latest),
    }));
  }
}
