import type { Clock } from "../clock.ts";
import { Interruption } from "../async/interruption.ts";
import { earlyFailureOf, failureOf, type EarlyFailure } from "../body/chunk-reader.ts";
import type { Coding, Compressor } from "./coding.ts";

/** How a body is coded. */
export interface CodedBodyOptions {
  readonly coding: Coding;
  /** @default a level that suits a body made once */
  readonly level?: number | undefined;
  /** Flushed after this many bytes of input. */
  readonly flushBytes: number;
  /** Flushed when input has waited this long. */
  readonly flushIntervalMs: number;
  readonly clock: Clock;
}

/** Bounds what a compressor gives at once. */
const pieceBytes = 64 * 1024;

class GivenUp extends Error {
  override readonly name = "GivenUp";
}

/**
 * A body in a content coding: one member from the first byte to the last, and no end of it after a failure.
 *
 * The first chunk is flushed at once, later ones by bytes and by time. A client can decode each flushed piece before the
 * next is made. One chunk is pulled at a time, and memory is bounded by the bytes between two flushes. The compressor is
 * opened at the first pull. Its native memory is freed at the end, on failure, and at once by `return()`, even while the
 * source is pending.
 */
export class CodedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #interruption = new Interruption<GivenUp>();
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #pieces: AsyncGenerator<Uint8Array, undefined, undefined>;

  constructor(source: AsyncIterable<Uint8Array>, options: CodedBodyOptions) {
    this.#source = source;
    this.#pieces = encode(source, options, this.#interruption);
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.#pieces.next();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    // A generator's return() waits for its pending next(); this makes that one end now.
    this.#interruption.raise(new GivenUp("The body was given up."));
    await this.#pieces.return(undefined);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** A source that has failed already still gets a status instead of a cut. */
  [failureOf](): EarlyFailure | undefined {
    return earlyFailureOf(this.#source);
  }
}

async function* encode(
  source: AsyncIterable<Uint8Array>,
  { coding, level, flushBytes, flushIntervalMs, clock }: CodedBodyOptions,
  interruption: Interruption<GivenUp>,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const compressor = new CompressorCalls(coding, level, interruption);
  let next: Promise<IteratorResult<Uint8Array>> | undefined;
  let waitingBytes = 0;
  let waitingSinceMs = 0;
  let isFirst = true;
  try {
    for (;;) {
      next ??= iterator.next();
      const limitMs = waitingBytes > 0 ? waitingSinceMs + flushIntervalMs - clock.nowMs() : undefined;
      const step = await raceTime(next, limitMs, interruption);
      if (step !== undefined) {
        next = undefined;
        if (step.done === true) break;
        if (waitingBytes === 0) waitingSinceMs = clock.nowMs();
        waitingBytes += step.value.byteLength;
        for (const piece of slice(step.value)) yield* nonEmpty(await compressor.write(piece));
      }
      const isTime = clock.nowMs() - waitingSinceMs >= flushIntervalMs;
      if (waitingBytes > 0 && (isFirst || isTime || waitingBytes >= flushBytes)) {
        yield* nonEmpty(await compressor.flush());
        waitingBytes = 0;
        isFirst = false;
      }
    }
    yield* nonEmpty(await compressor.finish());
    return undefined;
  } finally {
    compressor.destroy();
    await iterator.return?.();
  }
}

/** A compressor as calls that give what they made. Its output is taken when it says the input is taken. */
class CompressorCalls {
  readonly #compressor: Compressor;
  readonly #coding: Coding;
  readonly #interruption: Interruption<GivenUp>;
  #error: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(coding: Coding, level: number | undefined, interruption: Interruption<GivenUp>) {
    this.#coding = coding;
    this.#compressor = coding.open(level);
    this.#interruption = interruption;
    this.#compressor.on("error", (error: Error) => {
      this.#error = error;
      this.#reject?.(error);
    });
  }

  write(piece: Uint8Array): Promise<Uint8Array> {
    return this.#call((done) => void this.#compressor.write(piece, done));
  }

  flush(): Promise<Uint8Array> {
    return this.#call((done) => this.#compressor.flush(this.#coding.flushKind, done));
  }

  /** Not `end()`: its callback comes before the last output does. */
  finish(): Promise<Uint8Array> {
    return this.#call((done) => this.#compressor.flush(this.#coding.finishKind, done));
  }

  destroy(): void {
    this.#compressor.destroy();
  }

  async #call(start: (done: () => void) => void): Promise<Uint8Array> {
    await this.#interruption.wait<void>((resolve, reject) => {
      this.#reject = reject;
      start(resolve);
      if (this.#error !== undefined) reject(this.#error);
    });
    const output: unknown = this.#compressor.read();
    return output instanceof Uint8Array ? output : new Uint8Array(0);
  }
}

/** What the promise gives, or undefined when the time is over first; the promise may be raced again. */
async function raceTime<T>(
  promise: Promise<T>,
  limitMs: number | undefined,
  interruption: Interruption<GivenUp>,
): Promise<T | undefined> {
  if (limitMs === undefined) return interruption.race(promise);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await interruption.wait<T | undefined>((resolve, reject) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, limitMs));
      promise.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}

function* slice(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < chunk.byteLength; offset += pieceBytes) {
    yield chunk.subarray(offset, offset + pieceBytes);
  }
}

function* nonEmpty(output: Uint8Array): Generator<Uint8Array, void, undefined> {
  if (output.byteLength > 0) yield output;
}
