import type { Clock } from "../../clock.ts";
import type { WorkerNumbers, WorkerStats } from "../../metrics/server-stats.ts";
import { advance, carryOn, noNumbers } from "../../metrics/worker-number.ts";

interface Place {
  pid: number;
  isRunning: boolean;
  restarts: number;
  /** What the processes did that were here before. */
  before: WorkerNumbers;
  latest: WorkerNumbers;
  toldAtMs: number;
}

/**
 * The last known numbers of every worker, by its place: a process that replaces one that died takes its place and counts
 * on from where that one was, so that no count ever falls. What a process did after it last told is lost with it.
 */
export class WorkerLedger {
  readonly #clock: Clock;
  readonly #places: Place[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes what a worker tells of itself; the first time, it takes the place of one that died, or a new one. */
  record(pid: number, numbers: WorkerNumbers): void {
    const place = this.#placeOf(pid);
    place.latest = advance(place.latest, numbers);
    place.toldAtMs = this.#clock.nowMs();
  }

  /** A worker has ended: what it counted stays, what it held is gone. */
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

  #placeOf(pid: number): Place {
    const own = this.#places.find((place) => place.isRunning && place.pid === pid);
    if (own !== undefined) return own;
    const vacant = this.#places.find((place) => !place.isRunning);
    if (vacant !== undefined) {
      vacant.pid = pid;
      vacant.isRunning = true;
      vacant.restarts += 1;
      return vacant;
    }
    const place: Place = {
      pid,
      isRunning: true,
      restarts: 0,
      before: noNumbers,
      latest: noNumbers,
      toldAtMs: 0,
    };
    this.#places.push(place);
    return place;
  }
}
