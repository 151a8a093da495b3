import { HoldEstimate } from "../../../admission/hold-estimate.ts";
import type { Clock } from "../../../clock.ts";
import { StreamCsvError } from "../../../errors.ts";
import type { Rate } from "../../access/caller.ts";
import type { TokenWish } from "../../protocol/messages.ts";

/** What is known about the exports of one token. */
interface Usage {
  /** Slots held, by worker. */
  readonly held: Map<number, number>;
  readonly holds: HoldEstimate;
  /** When the last exports were started, the oldest first; as many as the rate allows. */
  readonly startsMs: number[];
  /** When its last start no longer counts. */
  countsUntilMs: number;
}

/** How many tokens are known before those without a meaning are forgotten. */
const leastSwept = 1000;

/** The slots and rates of tokens, counted over all workers. */
export class TokenUsage {
  readonly #clock: Clock;
  readonly #usages = new Map<string, Usage>();
  #sweepAt = leastSwept;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes a slot of a token for a worker.
   * @returns when the start was that now counts; null without a rate
   * @throws StreamCsvError `SCSV_TOKEN_LIMIT` when all are taken, or the rate is used up; neither counts as a start
   */
  take(worker: number, { token, slots, rate }: TokenWish): number | null {
    const usage = this.#usageOf(token);
    if (slots !== null && heldIn(usage) >= slots) {
      const retryAfterSeconds = usage.holds.retryAfterSeconds(0, slots);
      throw limited(`All ${slots} slots of the token are taken.`, retryAfterSeconds);
    }
    const startMs = rate === null ? null : this.#start(usage, rate);
    usage.held.set(worker, (usage.held.get(worker) ?? 0) + 1);
    return startMs;
  }

  /**
   * Counts a start that takes no slot, such as that of a job.
   * @returns a function that takes it back
   * @throws StreamCsvError `SCSV_TOKEN_LIMIT` when the rate is used up
   */
  start(token: string, rate: Rate): () => void {
    const usage = this.#usageOf(token);
    const startMs = this.#start(usage, rate);
    return () => takeBack(usage, startMs);
  }

  /** A worker gives back a slot, which was held for so long. */
  giveBack(worker: number, token: string, heldSeconds: number): void {
    this.#leave(worker, token).holds.note(heldSeconds);
  }

  /** A worker gives back a slot whose export didn't start, so that its start, if one was counted, no longer counts. */
  giveUp(worker: number, token: string, startMs: number | null): void {
    const usage = this.#leave(worker, token);
    if (startMs !== null) takeBack(usage, startMs);
  }

  /** Gives back all slots of a worker that died. */
  forget(worker: number): void {
    for (const { held } of this.#usages.values()) held.delete(worker);
  }

  #leave(worker: number, token: string): Usage {
    const usage = this.#usageOf(token);
    usage.held.set(worker, Math.max(0, (usage.held.get(worker) ?? 0) - 1));
    return usage;
  }

  /** Counts a start; returns when it was. */
  #start(usage: Usage, rate: Rate): number {
    const { startsMs } = usage;
    const nowMs = this.#clock.nowMs();
    while (startsMs[0] !== undefined && startsMs[0] <= nowMs - rate.periodMs) startsMs.shift();
    const oldest = startsMs.at(-rate.count);
    if (oldest !== undefined) {
      const message = `The token has started ${rate.count} exports in ${rate.periodMs / 1000} s, which is its rate.`;
      throw limited(message, Math.max(1, Math.ceil((oldest + rate.periodMs - nowMs) / 1000)));
    }
    startsMs.push(nowMs);
    usage.countsUntilMs = nowMs + rate.periodMs;
    return nowMs;
  }

  #usageOf(token: string): Usage {
    const known = this.#usages.get(token);
    if (known !== undefined) return known;
    const usage: Usage = { held: new Map(), holds: new HoldEstimate(), startsMs: [], countsUntilMs: 0 };
    if (this.#usages.size >= this.#sweepAt) this.#sweep();
    this.#usages.set(token, usage);
    return usage;
  }

  /** Forgets tokens that hold nothing and whose starts no longer count: each holder of a JWT is one. */
  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const [token, usage] of this.#usages)
      if (heldIn(usage) === 0 && usage.countsUntilMs <= nowMs) this.#usages.delete(token);
    this.#sweepAt = Math.max(leastSwept, 2 * this.#usages.size);
  }
}

function takeBack({ startsMs }: Usage, startMs: number): void {
  const index = startsMs.lastIndexOf(startMs);
  if (index >= 0) startsMs.splice(index, 1);
}

function heldIn({ held }: Usage): number {
  return [...held.values()].reduce((sum, count) => sum + count, 0);
}

function limited(message: string, retryAfterSeconds: number): StreamCsvError {
  return new StreamCsvError("SCSV_TOKEN_LIMIT", message, { retryAfterSeconds });
}
