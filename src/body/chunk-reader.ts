// Longer than most, because the readers of all kinds of source must open and close alike, which shows only side by side.

import { finished as whenFinished, type Readable } from "node:stream";
import { types } from "node:util";
import { isCodedError, toError, wrongType } from "../errors.ts";
import { type Chunk, describeValue, isChunk } from "./chunk.ts";
import { type EventStream, EventStreamReader, nothingLeft } from "./event-stream-reader.ts";
import { isLending } from "./lend-chunks.ts";

/** Passed to a producer. */
export interface ProducerContext {
  /** Fires when the body won't be read to its end, before the iterator's `return()` is called. */
  readonly signal: AbortSignal;
}

/** A source of chunks: one chunk, or an iterable of them. */
export type ChunkSource = Exclude<Chunk, number | bigint> | Iterable<Chunk> | AsyncIterable<Chunk>;

/** Makes the chunks. Called at the first pull, so a body that nobody reads is never made. */
export type BodyProducer = (context: ProducerContext) => ChunkSource | PromiseLike<ChunkSource>;

/**
 * The body of a streaming response: any iterable, async iterable, Node stream or Web `ReadableStream` of chunks, a
 * promise of one, or a function of `{ signal }` that returns any of these. A lone string or byte array is one chunk.
 */
export type StreamingBody = ChunkSource | PromiseLike<ChunkSource> | BodyProducer;

/** One step of reading a source; `value` is not yet converted. */
export type Pulled = IteratorResult<unknown, unknown>;

/** An error that occurred before the first item was pulled. */
export interface EarlyFailure {
  readonly error: unknown;
}

/** Reads one source once. */
export interface ChunkReader {
  /** The next step; a promise only if the source is asynchronous. */
  read(): Pulled | Promise<Pulled>;
  /**
   * Closes the source, whether it was read or not. Called at most once.
   * @param isBusy whether the source is still making an item
   */
  close(reason: unknown, isBusy: boolean): unknown;
  /** The error of a source that failed already, if the source reports it without being read. */
  readonly failure?: EarlyFailure | undefined;
  /** Whether the source reuses the memory of an item when the next one is pulled; known from the first item on. @default false */
  readonly isLending?: boolean;
}

/** The kind of items in a body. Bodies of bytes and bodies of rows differ only in this. */
export interface BodyKind {
  /** The items of a value that isn't iterated, even if it could be; undefined for any other value. */
  readonly whole: (value: unknown) => readonly unknown[] | undefined;
  /** The error for a value that can't be a body. */
  readonly refusal: (value: unknown) => TypeError;
}

/** The body of a response: text and bytes. A number may be one of several chunks, but as the whole body it is a mistake. */
const chunkBody: BodyKind = {
  whole: (value) =>
    isChunk(value) && typeof value !== "number" && typeof value !== "bigint" ? [value] : undefined,
  refusal: (value) =>
    wrongType(
      `${describeValue(value)} is not a body. Use text, bytes, an iterable, an async iterable, a stream, a promise of one, or a function that returns one.`,
    ),
};

/**
 * The method by which a body provides its own reader. That reader gets the reason for closing, and can be closed
 * while a step is pending. An iterator's `return()` can do neither.
 */
export const readerOf = Symbol("stream-csv.readerOf");

/** The method by which a body that wraps another one reports that the inner one has failed already. */
export const failureOf = Symbol("stream-csv.failureOf");

/** The error of a body that failed before its first item was pulled, if the body can report it. */
export function earlyFailureOf(body: unknown): EarlyFailure | undefined {
  return hasMethod(body, failureOf) ? (body[failureOf]() as EarlyFailure | undefined) : undefined;
}

const finished: Pulled = { done: true, value: undefined };

/**
 * Opens the only reader of a body. If a value is iterable both ways, the asynchronous iterator is used. A promise
 * that is also iterable, such as a query of Mongoose, is iterated.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that can't be a body
 */
export function openReader(
  body: unknown,
  signal: () => AbortSignal,
  kind: BodyKind = chunkBody,
): ChunkReader {
  const open = (source: unknown): ChunkReader => readerOfSource(source, kind, open);
  return isProducer(body) ? new ProducerReader(() => open(body({ signal: signal() }))) : open(body);
}

function readerOfSource(
  source: unknown,
  kind: BodyKind,
  open: (source: unknown) => ChunkReader,
): ChunkReader {
  const whole = kind.whole(source);
  if (whole !== undefined) return readIterator(whole[Symbol.iterator](), whole);
  if (hasOwnReader(source)) return source[readerOf]();
  if (isEventStream(source)) return new EventStreamReader(source);
  if (isNodeReadable(source)) return readNodeStream(source);
  if (isWebStream(source)) return readWebStream(source);
  if (isAsyncIterable(source)) return readAsyncIterator(source[Symbol.asyncIterator](), source);
  if (isIterable(source)) return readIterator(source[Symbol.iterator](), source);
  if (isThenable(source)) return new PromiseReader(source, open);
  throw kind.refusal(source);
}

function readIterator(iterator: Iterator<unknown>, source: unknown): ChunkReader {
  return {
    read: () => iterator.next(),
    close: (_reason, isBusy) => closeIterator(iterator, source, isBusy),
    isLending: isLending(source),
  };
}

function readAsyncIterator(iterator: AsyncIterator<unknown>, source: unknown): ChunkReader {
  return {
    read: () => nativePromise(iterator.next()),
    close: (_reason, isBusy) => closeIterator(iterator, source, isBusy),
    isLending: isLending(source),
    get failure() {
      return earlyFailureOf(source);
    },
  };
}

/**
 * The promise as one of this realm, by which a reader of steps knows it. A test runner loads modules into a realm of their own,
 * where the promises of Node's streams are foreign.
 */
function nativePromise<T>(promise: T | PromiseLike<T>): Promise<T> {
  return Promise.resolve(promise);
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * Calls the iterator's `return()`, then the `close()` of the iterable, if they have them. A generator that was never started
 * cleans up nothing in its `return()`, so what its iterable holds, such as a cursor, is released only by `close()`.
 */
function closeIterator(iterator: AnyIterator, source: unknown, isBusy: boolean): unknown {
  if (hasMethod(source, "close")) return closeBoth(iterator, source, isBusy);
  return typeof iterator.return === "function" ? iterator.return() : undefined;
}

async function closeBoth(
  iterator: AnyIterator,
  source: { close(): unknown },
  isBusy: boolean,
): Promise<void> {
  const returning = errorsOf(() => iterator.return?.());
  // A generator that is making an item returns only after that, and may need the `close()` to wake up.
  if (!isBusy) await returning;
  const closing = errorsOf(() => {
    const closed = source.close();
    // Lines of node:readline: their `close()` only pauses the stream that they come from.
    if (hasMethod(source, "prompt") && "input" in source && isNodeReadable(source.input))
      source.input.destroy();
    return closed;
  });
  const [error, ...others] = [...(await returning), ...(await closing)];
  if (others.length > 0)
    throw new AggregateError([error, ...others], "Both return() and close() of a body failed.");
  if (error !== undefined) throw error;
}

/** The error of a clean-up, if it fails. */
async function errorsOf(cleanUp: () => unknown): Promise<readonly Error[]> {
  try {
    await cleanUp();
    return [];
  } catch (thrown) {
    // A folder of node:fs closes itself when its iterator ends, and then refuses to be closed.
    return isCodedError(thrown) && thrown.code === "ERR_DIR_CLOSED" ? [] : [toError(thrown)];
  }
}

/**
 * Uses a stream reader instead of the stream's async iterator: the reader's `cancel()` takes effect at once, but the
 * iterator's `return()` waits for a pending read, which may never settle.
 */
function readWebStream(stream: WebStream): ChunkReader {
  if (stream.locked === true)
    throw wrongType(
      "A locked ReadableStream can't be read: somebody else is reading it. Pass one that nobody reads.",
    );
  const reader = stream.getReader();
  let failure: EarlyFailure | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  // `closed` rejects as soon as the stream fails, even while nobody reads.
  reader.closed.catch(fail);
  return {
    read: () =>
      nativePromise(reader.read()).catch((error: unknown) => {
        fail(error);
        throw error;
      }),
    // A failed stream has released everything already, and cancelling it would only throw its error again.
    close: (reason) => (failure === undefined ? reader.cancel(reason) : undefined),
    get failure() {
      return failure;
    },
  };
}

/**
 * Node's stream iterator is an async generator, so `return()` on one that was never started destroys nothing, and a
 * stream that fails before its first read would crash the process; therefore `destroy()`, and a listener from the start.
 * The listener stays unless the stream says that it is closed, since it may fail after it was destroyed. It also keeps the
 * error of a stream that emits one before the first read and isn't destroyed by it, as those of Knex do: the iterator would
 * wait for an item for ever.
 */
function readNodeStream(stream: NodeReadable): ChunkReader {
  if (stream.readableEnded === true) throw nothingLeft();
  let failure: EarlyFailure | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  stream.on("error", fail);
  let iterator: AsyncIterator<unknown> | undefined;
  return {
    read: () => {
      if (iterator === undefined && failure !== undefined) throw failure.error;
      iterator ??= stream[Symbol.asyncIterator]();
      const step = nativePromise(iterator.next());
      return stream.rstCode === undefined ? step : step.then((taken) => unlessReset(taken, stream));
    },
    close: async () => {
      if (!stream.destroyed) stream.destroy();
      if (stream.closed === false) await untilClosed(stream);
      if (stream.closed === true) stream.off("error", fail);
    },
    get failure() {
      const error = stream.errored ?? null;
      return error === null ? failure : { error };
    },
  };
}

/** Node ends an HTTP/2 stream without an error when the other side cancels it, closes the session or dies. */
function unlessReset(step: Pulled, { rstCode, readableEnded }: NodeReadable): Pulled {
  if (step.done !== true || rstCode === 0 || readableEnded === true) return step;
  const message = `The HTTP/2 stream that a body comes from was reset before its end, with the code ${rstCode}.`;
  throw Object.assign(new Error(message), { code: "ERR_STREAM_PREMATURE_CLOSE" });
}

/**
 * Waits until a destroyed stream is closed. It doesn't wait for a stream made with `emitClose: false`, which reports that to
 * nobody.
 */
function untilClosed(stream: NodeReadable): Promise<void> {
  return new Promise((resolve) => {
    const options = { writable: false, error: false };
    const forget = whenFinished(stream as unknown as Readable, options, () => {
      forget();
      resolve();
    });
  });
}

/** Calls the producer at the first read, and reads its result. */
class ProducerReader implements ChunkReader {
  readonly #produce: () => ChunkReader;
  #reader: ChunkReader | undefined;

  constructor(produce: () => ChunkReader) {
    this.#produce = produce;
  }

  read(): Pulled | Promise<Pulled> {
    this.#reader ??= this.#produce();
    return this.#reader.read();
  }

  close(reason: unknown, isBusy: boolean): unknown {
    return this.#reader?.close(reason, isBusy);
  }

  get failure(): EarlyFailure | undefined {
    return this.#reader?.failure;
  }

  get isLending(): boolean {
    return this.#reader?.isLending === true;
  }
}

/**
 * Reads the body that a promise resolves to. A body that arrives after closing is closed too. A native promise is
 * already running. A thenable, such as a query of a database library, may start only when its `then` is called, so
 * `then` is called at the first read.
 */
class PromiseReader implements ChunkReader {
  readonly #source: PromiseLike<unknown>;
  readonly #open: (source: unknown) => ChunkReader;
  #opening: Promise<ChunkReader> | undefined;
  #reader: ChunkReader | undefined;
  #failure: EarlyFailure | undefined;
  #isClosed = false;

  constructor(source: PromiseLike<unknown>, open: (source: unknown) => ChunkReader) {
    this.#source = source;
    this.#open = open;
    if (types.isPromise(source)) this.#opening = this.#openLater();
  }

  read(): Pulled | Promise<Pulled> {
    if (this.#reader !== undefined) return this.#reader.read();
    this.#opening ??= this.#openLater();
    return this.#opening.then((reader) => (this.#isClosed ? finished : reader.read()));
  }

  async close(reason: unknown, isBusy: boolean): Promise<void> {
    this.#isClosed = true;
    // `read` reports a rejected promise; there is nothing to close then.
    const reader = await this.#opening?.catch(() => undefined);
    await reader?.close(reason, isBusy);
  }

  get failure(): EarlyFailure | undefined {
    return this.#failure ?? this.#reader?.failure;
  }

  get isLending(): boolean {
    return this.#reader?.isLending === true;
  }

  #openLater(): Promise<ChunkReader> {
    const opening = this.#settle();
    opening.catch((error: unknown) => {
      this.#failure = { error };
    });
    return opening;
  }

  async #settle(): Promise<ChunkReader> {
    this.#reader = this.#open(await this.#source);
    return this.#reader;
  }
}

interface WebStream {
  readonly locked?: boolean;
  getReader(): {
    readonly closed: Promise<unknown>;
    read(): Promise<Pulled>;
    cancel(reason: unknown): Promise<void>;
  };
}

interface NodeReadable extends AsyncIterable<unknown> {
  readonly destroyed: boolean;
  readonly closed?: boolean;
  readonly errored?: Error | null;
  readonly readableEnded?: boolean;
  /** Only a stream of HTTP/2 has it. */
  readonly rstCode?: number;
  destroy(): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  off(event: "error", listener: (error: unknown) => void): unknown;
}

function isProducer(value: unknown): value is BodyProducer {
  return typeof value === "function";
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return hasMethod(value, Symbol.iterator);
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return hasMethod(value, Symbol.asyncIterator);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return hasMethod(value, "then");
}

function hasOwnReader(value: unknown): value is { readonly [readerOf]: () => ChunkReader } {
  return hasMethod(value, readerOf);
}

export function isWebStream(value: unknown): value is WebStream {
  return hasMethod(value, "getReader");
}

export function isNodeReadable(value: unknown): value is NodeReadable {
  return (
    hasMethod(value, "destroy") && hasMethod(value, "on") && hasMethod(value, "off") && isAsyncIterable(value)
  );
}

/**
 * Whether a value is a stream that is read by its events: one without an asynchronous iterator, as those of the packages
 * through, JSONStream and mysql, or one of the package readable-stream before its version 4, on which through2 is built.
 * One that is a promise too is awaited, since a request of superagent is made only then. Its response looks like such a stream,
 * but doesn't say whether it is readable, and was read before.
 */
export function isEventStream(value: unknown): value is EventStream {
  if (typeof value !== "object" || value === null) return false;
  const methods = ["on", "removeListener", "pipe", "pause", "resume"];
  if (!methods.every((name) => hasMethod(value, name))) return false;
  if (isAsyncIterable(value)) return "_readableState" in value && Reflect.get(value, "closed") === undefined;
  return typeof Reflect.get(value, "readable") === "boolean" && !isThenable(value);
}

/** Whether a value is an object with a method of that name. */
export function hasMethod<K extends PropertyKey>(
  value: unknown,
  name: K,
): value is Record<K, (...args: unknown[]) => unknown> {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, name) === "function";
}
