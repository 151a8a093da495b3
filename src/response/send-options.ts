import type { Clock } from "../clock.ts";
import type { ProgressLimits } from "../async/progress-watch.ts";
import type { HttpResponse } from "./http-response.ts";

/** How an answer is sent. */
export interface SendOptions extends ProgressLimits {
  /** Aborting it ends the transfer as `cancelled`. */
  readonly signal?: AbortSignal;
  /**
   * Pulls the first chunk before writing the head, so that an error before that still becomes a status. Otherwise the
   * head is sent at once, while the first chunk is being made. @default false
   */
  readonly primeFirstChunk?: boolean;
  /** Makes the answer to an error that occurs before the head is written. @default a plain 500 */
  readonly onErrorBeforeHead?: (error: Error) => HttpResponse;
  /**
   * Called once, with the error of a transfer that ends as `failed` or `timed-out`. A client that disconnects is not
   * an error.
   */
  readonly onError?: (error: Error) => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** The names of all {@link SendOptions}. */
export const sendOptionNames: readonly (keyof SendOptions)[] = [
  "signal",
  "primeFirstChunk",
  "onErrorBeforeHead",
  "onError",
  "clock",
  "minRateBytesPerSecond",
  "idleTimeoutMs",
];

/** How a transfer ended. */
export interface SendOutcome {
  /**
   * `completed`: the kernel has the last byte. `client-gone`: the client disconnected before. `timed-out`: the client
   * was too slow. `cancelled`: by the signal. `failed`: the body or the response had an error.
   */
  readonly state: "completed" | "client-gone" | "timed-out" | "cancelled" | "failed";
  /** The status that was written, null if none was. After an error it is the status of `onErrorBeforeHead`'s answer. */
  readonly statusCode: number | null;
  /** Bytes of the body written to the connection, without framing; an error's answer doesn't count. */
  readonly bytes: number;
  /** Chunks of the body that were written completely; empty ones don't count. */
  readonly chunks: number;
  /** Time from the call until the first byte of the body was written; null if there was none. */
  readonly firstByteMs: number | null;
  /** Time from the call until everything was written or cut, without the closers. */
  readonly sendMs: number;
  /** Why the transfer didn't complete; absent if it completed or the client disconnected. */
  readonly error?: Error;
}
