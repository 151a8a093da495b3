import type { StreamCsvError } from "../../errors.ts";
import { neverRejects } from "../../never-rejects.ts";
import { longestTimerMs } from "../../units.ts";
import type { DatabaseSession } from "./database.ts";

/**
 * How long an answer may be on its way. A proxy that forwards nothing any more keeps its connections open, and a firewall that drops
 * packets does so for many minutes.
 */
const answerMs = 5000;

/**
 * Waits for what a session is asked, and gives the session up where it takes too long.
 * @param late the fault then
 */
export async function inTime<T>(
  session: DatabaseSession,
  limitMs: number,
  answer: Promise<T>,
  late: () => StreamCsvError,
): Promise<T> {
  let fault: StreamCsvError | undefined;
  const timer = setTimeout(
    () => {
      fault = late();
      neverRejects(session.cancel());
    },
    Math.min(limitMs, longestTimerMs),
  );
  try {
    return await answer;
  } catch (error) {
    throw fault ?? error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Gives the session of a statement up whose time-out is over, and of which nothing comes all the same. The server counts the time that
 * a slow client takes, and ends the statement when the client takes rows again. So only an answer that is waited for can be late.
 */
export class StatementWatch {
  readonly #session: DatabaseSession;
  readonly #late: () => StreamCsvError;
  #waitingSinceMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #fault: StreamCsvError | undefined;

  /**
   * @param limitMs the statement's time-out; 0 for none
   * @param late the fault when it is over
   */
  constructor(session: DatabaseSession, limitMs: number, late: () => StreamCsvError) {
    this.#session = session;
    this.#late = late;
    if (limitMs > 0) this.#look(limitMs + answerMs);
  }

  /** Waits for rows of the statement. */
  async wait<T>(rows: Promise<T>): Promise<T> {
    this.#waitingSinceMs = performance.now();
    try {
      return await rows;
    } catch (error) {
      throw this.#fault ?? error;
    } finally {
      this.#waitingSinceMs = undefined;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #look(inMs: number): void {
    this.#timer = setTimeout(
      () => {
        const now = performance.now();
        const leftMs = answerMs - (now - (this.#waitingSinceMs ?? now));
        if (leftMs > 0) {
          this.#look(leftMs);
          return;
        }
        this.#fault = this.#late();
        neverRejects(this.#session.cancel());
      },
      Math.min(inMs, longestTimerMs),
    );
  }
}
