import { createHash } from "node:crypto";

/** Requests whose texts are known at the most. */
const mostKnown = 1000;
const secondMs = 1000;

/**
 * Since when each request has the text that it has now, for Last-Modified.
 *
 * That isn't the time of the prepared file. When a source goes back to earlier rows, the file of these is sent again, and a client that
 * has the rows between must not take its own for the current ones. So the times of one request only grow, and no two of its texts have
 * the same second.
 */
export class TextTimes {
  readonly #wallMs: () => number;
  /** By the digests of requests, whose parameters may be long; in order of use, the latest last. */
  readonly #known = new Map<string, { readonly key: string; readonly sinceMs: number }>();
  /** No text that is forgotten is later, and none that a run has sent that ended in an earlier second than this one begins. */
  #earlierMs: number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
    this.#earlierMs = this.#now() - secondMs;
  }

  /**
   * @param request what was asked for, without its source
   * @param key of the text that it gets
   * @returns in whole seconds, as HTTP's dates; null while that would be in the future
   */
  since(request: string, key: string): number | null {
    const nowMs = this.#now();
    const digest = createHash("sha256").update(request).digest("base64");
    const known = this.#known.get(digest);
    const nextMs = Math.max(nowMs, (known?.sinceMs ?? this.#earlierMs) + secondMs);
    const sinceMs = known?.key === key ? known.sinceMs : nextMs;
    this.#known.delete(digest);
    this.#known.set(digest, { key, sinceMs });
    this.#forget();
    return sinceMs <= nowMs ? sinceMs : null;
  }

  #forget(): void {
    const [oldest] = this.#known;
    if (oldest === undefined || this.#known.size <= mostKnown) return;
    const [digest, { sinceMs }] = oldest;
    this.#known.delete(digest);
    this.#earlierMs = Math.max(this.#earlierMs, sinceMs);
  }

  #now(): number {
    return Math.floor(this.#wallMs() / secondMs) * secondMs;
  }
}
