import type { Clock } from "../../../clock.ts";
import type { WorkerNumbers, WorkerStats } from "../../metrics/server-stats.ts";
import { advance, carryOn, noNumbers } from "../../metrics/worker-number.ts";

interface Place {
  pid: number;
  isRunning: boolean;
  restarts: number;
  /** The counters of the processes that this one replaced. */
  before: WorkerNumbers;
  latest: WorkerNumbers;
  toldAtMs: number;
}

/**
 * The last known numbers of every worker. A process that replaces a dead one continues its counters, so that no
 * counter ever falls. A dead process's work after its last report isn't counted.
 */
export class WorkerLedger {
  readonly #clock: Clock;
  readonly #places: Place[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A worker is started: it takes over the entry of one that died, or gets a new one. */
  start(pid: number): void {
    const vacant = this.#places.find((place) => !place.isRunning);
    const toldAtMs = this.#clock.nowMs();
    if (vacant === undefined) {
      this.#places.push({
        pid,
        isRunning: true,
        restarts: 0,
        before: noNumbers,
        latest: noNumbers,
        toldAtMs,
      });
      return;
    }
    Object.assign(vacant, { pid, isRunning: true, toldAtMs });
    vacant.restarts += 1;
  }

  /** Records the numbers of a running worker; a late report of one that has ended is ignored. */
  record(pid: number, numbers: WorkerNumbers): void {
    const place = this.#places.find((each) => each.isRunning && each.pid === pid);
    if (place === undefined) return;
    place.latest = advance(place.latest, numbers);
    place.toldAtMs = this.#clock.nowMs();
  }

  /** A worker has ended: its counters stay, its gauges become 0. */
  leave(pid: number): void {
    const place = this.#places.find((each) => each.isRunning && each.pid === pid);
    if (place === undefined) return;
    place.isRunning = false;
    place.before = carryOn(place.before, place.latest);
    place.latest = noNumbers;
  }

  get workers(): readonly WorkerStats[] {
    return this.#places.map(({ pid, isRunning, restarts, before, latest, toldAtMs }, worker) => ({
      worker,
      pid,
      isRunning,
      restarts,
      ageSeconds: (this.#clock.nowMs() - toldAtMs) / 1000,
      ...carryOn(before, latest),
    }));
  }
}
