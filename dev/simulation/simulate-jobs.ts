// Long because one loop has all events of a job, and they share its state.

import type { Random } from "../../bench/statistics/random.ts";
import { EventQueue } from "./event-queue.ts";
import type { Fleet, PlannedJob } from "./fleet.ts";
import { exponential } from "./size-distribution.ts";
import { DownloadSlots } from "./download-slots.ts";

/** What became of a job. Times are in seconds since the simulation began. */
interface SimulatedJob extends PlannedJob {
  readonly state: "refused" | "completed" | "failed";
  /** Of its first attempt; null for a refused job. */
  readonly startedSeconds: number | null;
  readonly endedSeconds: number;
  readonly attempts: number;
  /** How long its download waited for a slot; null without a download or without slots. */
  readonly downloadWaitSeconds: number | null;
}

/** A run of the simulation. */
export interface Simulated {
  /** In the order of their submission; those that were submitted again are further jobs. */
  readonly jobs: readonly SimulatedJob[];
  /** Time of all attempts together. */
  readonly runningSeconds: number;
  readonly deaths: number;
  readonly longestQueue: number;
  readonly lastEndSeconds: number;
}

interface Worker {
  isAlive: boolean;
  readonly attempts: Set<Attempt>;
}

interface Attempt {
  readonly job: Job;
  readonly worker: Worker;
  readonly startedSeconds: number;
}

/** A job while it is simulated. */
interface Job {
  readonly planned: PlannedJob;
  readonly resubmits: number;
  startedSeconds: number | null;
  endedSeconds: number;
  attempts: number;
  state: SimulatedJob["state"];
  downloadWaitSeconds: number | null;
}

/**
 * Simulates jobs on a fleet, event by event. Jobs are started in the order of their submission. A worker that dies loses its
 * attempts: each of their jobs joins the end of the queue when its silence has been noticed, or is failed if it was taken over as
 * often as allowed. Everything follows from the jobs and the random numbers.
 */
export function simulateJobs(planned: readonly PlannedJob[], fleet: Fleet, random: Random): Simulated {
  return new Simulation(fleet, random).run(planned);
}

class Simulation {
  readonly #fleet: Fleet;
  readonly #random: Random;
  readonly #events = new EventQueue<() => void>();
  readonly #workers: readonly Worker[];
  readonly #downloads: DownloadSlots | undefined;
  readonly #jobs: Job[] = [];
  /** Jobs that wait for a slot; those before `#head` have left. */
  readonly #waiting: Job[] = [];
  #head = 0;
  /** Of the waiting ones, those that wait for their first start. */
  #queued = 0;
  #unfinished = 0;
  #nowSeconds = 0;
  #runningSeconds = 0;
  #deaths = 0;
  #longestQueue = 0;
  #lastEndSeconds = 0;

  constructor(fleet: Fleet, random: Random) {
    this.#fleet = fleet;
    this.#random = random;
    const { download } = fleet;
    if (download.kind === "held") this.#downloads = new DownloadSlots(download.slots);
    this.#workers = Array.from({ length: fleet.workers }, () => ({ isAlive: true, attempts: new Set() }));
  }

  run(planned: readonly PlannedJob[]): Simulated {
    for (const worker of this.#workers) this.#planDeath(worker);
    for (const job of planned) this.#planSubmission(job, 0);
    while (this.#unfinished > 0) {
      const next = this.#events.next();
      if (next === undefined) throw new Error("Jobs are left, and nothing happens any more.");
      this.#nowSeconds = next.atSeconds;
      next.event();
    }
    return {
      jobs: this.#jobs.map(({ planned: job, resubmits: _resubmits, ...outcome }) => ({ ...job, ...outcome })),
      runningSeconds: this.#runningSeconds,
      deaths: this.#deaths,
      longestQueue: this.#longestQueue,
      lastEndSeconds: this.#lastEndSeconds,
    };
  }

  #planSubmission(planned: PlannedJob, resubmits: number): void {
    this.#unfinished += 1;
    const job: Job = {
      planned,
      resubmits,
      startedSeconds: null,
      endedSeconds: planned.submittedSeconds,
      attempts: 0,
      state: "refused",
      downloadWaitSeconds: null,
    };
    this.#events.add(planned.submittedSeconds, () => this.#submit(job));
  }

  #submit(job: Job): void {
    this.#jobs.push(job);
    if (this.#queued >= this.#fleet.queue) {
      this.#end(job, "refused");
      return;
    }
    this.#queued += 1;
    this.#waiting.push(job);
    this.#startNext();
    this.#longestQueue = Math.max(this.#longestQueue, this.#queued);
  }

  #startNext(): void {
    while (this.#head < this.#waiting.length) {
      const worker = this.#freeWorker();
      if (worker === undefined) return;
      const job = this.#waiting[this.#head]!;
      this.#head += 1;
      this.#start(job, worker);
    }
  }

  /** The one with the fewest attempts. */
  #freeWorker(): Worker | undefined {
    let found: Worker | undefined;
    for (const worker of this.#workers) {
      if (!worker.isAlive || worker.attempts.size >= this.#fleet.concurrency) continue;
      if (found === undefined || worker.attempts.size < found.attempts.size) found = worker;
    }
    return found;
  }

  #start(job: Job, worker: Worker): void {
    if (job.startedSeconds === null) {
      job.startedSeconds = this.#nowSeconds;
      this.#queued -= 1;
    }
    job.attempts += 1;
    const attempt = { job, worker, startedSeconds: this.#nowSeconds };
    worker.attempts.add(attempt);
    this.#events.add(this.#nowSeconds + job.planned.makingSeconds, () => this.#endAttempt(attempt));
  }

  #endAttempt(attempt: Attempt): void {
    // Its worker died meanwhile.
    if (!attempt.worker.attempts.delete(attempt)) return;
    this.#runningSeconds += this.#nowSeconds - attempt.startedSeconds;
    const { failureShare } = this.#fleet;
    const isFailed = failureShare > 0 && this.#random() < failureShare;
    this.#end(attempt.job, isFailed ? "failed" : "completed");
    this.#startNext();
  }

  #end(job: Job, state: SimulatedJob["state"]): void {
    const { resubmits, resubmitSeconds } = this.#fleet;
    job.state = state;
    job.endedSeconds = this.#nowSeconds;
    this.#lastEndSeconds = this.#nowSeconds;
    this.#unfinished -= 1;
    if (state === "completed") this.#download(job);
    else if (job.resubmits < resubmits) {
      const submittedSeconds = this.#nowSeconds + resubmitSeconds;
      this.#planSubmission({ ...job.planned, submittedSeconds }, job.resubmits + 1);
    }
  }

  #download(job: Job): void {
    const { download } = this.#fleet;
    if (download.kind === "redirect" || this.#downloads === undefined) return;
    const holdSeconds = job.planned.bytes / download.clientBytesPerSecond;
    job.downloadWaitSeconds = this.#downloads.take(this.#nowSeconds, holdSeconds);
  }

  #planDeath(worker: Worker): void {
    const { deathEverySeconds } = this.#fleet;
    if (!Number.isFinite(deathEverySeconds)) return;
    this.#events.add(this.#nowSeconds + exponential(this.#random, deathEverySeconds), () =>
      this.#die(worker),
    );
  }

  #die(worker: Worker): void {
    const { stallSeconds, takeovers, restartSeconds } = this.#fleet;
    this.#deaths += 1;
    worker.isAlive = false;
    for (const { job, startedSeconds } of worker.attempts) {
      this.#runningSeconds += this.#nowSeconds - startedSeconds;
      this.#events.add(this.#nowSeconds + stallSeconds, () => {
        if (job.attempts > takeovers) this.#end(job, "failed");
        else {
          this.#waiting.push(job);
          this.#startNext();
        }
      });
    }
    worker.attempts.clear();
    this.#events.add(this.#nowSeconds + restartSeconds, () => {
      worker.isAlive = true;
      this.#planDeath(worker);
      this.#startNext();
    });
  }
}
