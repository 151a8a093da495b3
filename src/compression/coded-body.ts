import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { Interruption } from "../async/interruption.ts";
import { earlyFailureOf, failureOf, type EarlyFailure } from "../body/chunk-reader.ts";
import { longestTimerMs } from "../units.ts";
import { BlockCompressor } from "./block-compressor.ts";
import type { Coding } from "./coding.ts";

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

/**
 * A source and its compressor need the processor's caches in turn, which costs both time. So for a fast reader four chunks at
 * once are compressed, on another thread, while the source makes the next ones. Kernel buffers hide that a reader is slow until
 * they are full, so only more than they hold proves that it is fast. A slow reader costs no memory for blocks.
 */
const blockBytes = 256 * 1024;
const provenBytes = 4 * 1024 ** 2;
const slowMs = 250;
/** Other requests get a turn of the event loop when a block has been filled for so long. */
const turnMs = 2;

class GivenUp extends Error {
  override readonly name = "GivenUp";
}

/**
 * A body in a content coding: one member from the first byte to the last, and no end of it after a failure. An error of closing the
 * source doesn't take the place of that failure; others that close the source get it.
 *
 * The first chunk is flushed at once, later ones by bytes and by time, so that a client can decode what was flushed. One chunk
 * is pulled at a time, and compressed before the next; for a reader that has proved to be fast, while the next ones are pulled.
 * Memory is bounded by the bytes between two flushes, and by two blocks of 320 KiB for a fast reader. The compressor is
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
  const compressor = new BlockCompressor(coding, level, { blockBytes, flushBytes }, interruption);
  let next: Promise<IteratorResult<Uint8Array>> | undefined;
  let waitingSinceMs = 0;
  let blockSinceMs = 0;
  let turnSinceMs = 0;
  let givenBytes = 0;
  let isFirst = true;
  let isSlow = false;
  let hasFailed = false;
  async function* give(output: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    if (output.byteLength === 0) return;
    givenBytes += output.byteLength;
    const givenAtMs = clock.nowMs();
    yield output;
    isSlow ||= clock.nowMs() - givenAtMs > slowMs;
  }
  try {
    for (;;) {
      next ??= iterator.next();
      const limitMs = compressor.isBehind ? waitingSinceMs + flushIntervalMs - clock.nowMs() : undefined;
      const step = await raceTime(next, limitMs, interruption);
      const isFast = !isSlow && givenBytes >= provenBytes;
      if (step !== undefined) {
        next = undefined;
        if (step.done === true) break;
        if (!compressor.isBehind) waitingSinceMs = blockSinceMs = clock.nowMs();
        for (const piece of slice(step.value)) {
          if (!isFast) {
            yield* give(await compressor.write(piece));
          } else if (compressor.gather(piece)) {
            yield* give(await compressor.compressBlock());
            // The block waits now, and what it gives comes after the next one.
            [waitingSinceMs, blockSinceMs] = [blockSinceMs, clock.nowMs()];
            turnSinceMs = blockSinceMs;
          } else if (clock.nowMs() - turnSinceMs >= turnMs) {
            await interruption.race(nextTurn());
            turnSinceMs = clock.nowMs();
          }
        }
      }
      const isTime = clock.nowMs() - waitingSinceMs >= flushIntervalMs;
      // A block is flushed with its compression.
      const isEnough = isFirst || (!isFast && compressor.isFlushDue);
      if (compressor.isBehind && (isTime || isEnough)) {
        yield* give(await compressor.flush());
        isFirst = false;
      }
    }
    yield* give(await compressor.finish());
    return undefined;
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    compressor.destroy();
    const returning = iterator.return?.();
    await (hasFailed ? returning?.catch(() => undefined) : returning);
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
      timer = setTimeout(() => resolve(undefined), Math.min(Math.max(0, limitMs), longestTimerMs));
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
