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
   * @throws StreamCsvError `SCSV_TOKEN_LIMIT` when all are taken, or the rate is used up; neither counts as a start
   */
  take(worker: number, { token, slots, rate }: TokenWish): void {
    const usage = this.#usageOf(token);
    if (slots !== null && heldIn(usage) >= slots) {
      const retryAfterSeconds = usage.holds.retryAfterSeconds(0, slots);
      throw limited(`All ${slots} slots of the token are taken.`, retryAfterSeconds);
    }
    if (rate !== null) this.#start(usage, rate);
    usage.held.set(worker, (usage.held.get(worker) ?? 0) + 1);
  }

  /**
   * Counts a start that takes no slot, such as that of a job.
   * @returns a function that takes it back
   * @throws StreamCsvError `SCSV_TOKEN_LIMIT` when the rate is used up
   */
  start(token: string, rate: Rate): () => void {
    const usage = this.#usageOf(token);
    const atMs = this.#start(usage, rate);
    return () => {
      const index = usage.startsMs.lastIndexOf(atMs);
      if (index >= 0) usage.startsMs.splice(index, 1);
    };
  }

  /** A worker gives back a slot, which was held for so long; 0 if its export didn't start. */
  giveBack(worker: number, token: string, heldSeconds: number): void {
    const usage = this.#usageOf(token);
    usage.held.set(worker, Math.max(0, (usage.held.get(worker) ?? 0) - 1));
    if (heldSeconds > 0) usage.holds.note(heldSeconds);
  }

  /** Gives back all slots of a worker that died. */
  forget(worker: number): void {
    for (const { held } of this.#usages.values()) held.delete(worker);
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

function heldIn({ held }: Usage): number {
  return [...held.values()].reduce((sum, count) => sum + count, 0);
}

function limited(message: string, retryAfterSeconds: number): StreamCsvError {
  return new StreamCsvError("SCSV_TOKEN_LIMIT", message, { retryAfterSeconds });
}
