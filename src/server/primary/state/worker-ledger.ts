import type { Clock } from "../../../clock.ts";
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

  /** A worker is started: it takes the place of one that died, or a new one. */
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

  /** Notes what a worker that was started tells of itself; what one tells that has ended counts no more. */
  record(pid: number, numbers: WorkerNumbers): void {
    const place = this.#places.find((each) => each.isRunning && each.pid === pid);
    if (place === undefined) return;
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
}
