import type { Clock } from "../clock.ts";
import type { ProgressLimits } from "../async/progress-watch.ts";
import type { HttpResponse } from "./http-response.ts";

/** How an answer is sent. */
export interface SendOptions extends ProgressLimits {
  /** Aborting it ends the sending as `cancelled`. */
  readonly signal?: AbortSignal;
  /**
   * Pulls the first chunk before the head is written, so that an error until then is still a status. Without it the head
   * leaves at once, and the client sees it while the first chunk is being made. @default false
   */
  readonly primeFirstChunk?: boolean;
  /** Makes the answer to an error met before the head was written. @default a plain 500 */
  readonly onErrorBeforeHead?: (error: Error) => HttpResponse;
  /** Gets the error of a sending that ends as `failed` or `timed-out`, once; a client that leaves is none. */
  readonly onError?: (error: Error) => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** What became of an answer. */
export interface SendOutcome {
  /**
   * `completed`: the kernel has the last byte. `client-gone`: the client left before. `timed-out`: it was too slow.
   * `cancelled`: by the signal. `failed`: the body, or what was to be sent, was at fault.
   */
  readonly state: "completed" | "client-gone" | "timed-out" | "cancelled" | "failed";
  /** The status that was written, null when none was; that of the error's answer where `onErrorBeforeHead` gave one. */
  readonly statusCode: number | null;
  /** Bytes of the body given to the connection, without framing; an error's answer doesn't count. */
  readonly bytes: number;
  /** Chunks of the body that were given to the connection whole; empty ones don't count. */
  readonly chunks: number;
  /** From the call until the first byte of the body was written; null when there was none. */
  readonly firstByteMs: number | null;
  /** From the call until everything was written or cut; the closers' time is not in it. */
  readonly sendMs: number;
  /** Why it wasn't completed; absent when it was, or the client left. */
  readonly error?: Error;
}
