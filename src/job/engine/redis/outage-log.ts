import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import { toError } from "../../../errors.ts";
import { redisAddress, withoutPassword } from "./redis-address.ts";

const intervalMs = 10_000;

/** What commands report while there is no connection. The connection reports why. */
const consequences =
  /^(Stream isn't writeable|Connection is closed|Command aborted|Reached the max retries per request)/;

/**
 * Logs faults of Redis at most every 10 s, since each connection and each command reports the same outage. Only the message is
 * logged: the errors of ioredis hold the arguments of commands, the password among them.
 */
export class OutageLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #url: string;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #unlogged = 0;
  #reason = "there is no connection";
  #isOut = false;

  constructor(log: Logger, clock: Clock, url: string) {
    this.#log = log;
    this.#clock = clock;
    this.#url = url;
  }

  /** Why Redis fails, without secrets. */
  reasonOf(error: unknown): string {
    const { message, name } = toError(error);
    return consequences.test(message)
      ? this.#reason
      : withoutPassword(message === "" ? name : message, this.#url);
  }

  note(error: unknown): void {
    this.#isOut = true;
    if (consequences.test(toError(error).message)) return;
    this.#reason = this.reasonOf(error);
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#loggedAtMs < intervalMs) {
      this.#unlogged += 1;
      return;
    }
    const more = this.#unlogged === 0 ? {} : { unlogged: this.#unlogged };
    this.#log.error(
      { redis: redisAddress(this.#url), reason: this.#reason, ...more },
      "Redis of the jobs fails",
    );
    this.#loggedAtMs = nowMs;
    this.#unlogged = 0;
  }

  /** Redis answers; logged where a fault was logged before. */
  noteReady(): void {
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#loggedAtMs = Number.NEGATIVE_INFINITY;
    this.#log.info({ redis: redisAddress(this.#url) }, "Redis of the jobs is back");
  }
}
