import { types } from "node:util";
import { wrongType } from "../errors.ts";
import { type Chunk, describeValue, isChunk } from "./chunk.ts";
import { isLending } from "./lent-chunks.ts";

/** What a producer gets to know. */
export interface ProducerContext {
  /** Fires when the body won't be read to its end, before the iterator's `return()` is called. */
  readonly signal: AbortSignal;
}

/** Something that gives chunks one after the other. */
export type ChunkSource = Exclude<Chunk, number | bigint> | Iterable<Chunk> | AsyncIterable<Chunk>;

/** Makes the chunks when the first one is asked for; a body that is never asked for is never made. */
export type BodyProducer = (context: ProducerContext) => ChunkSource | PromiseLike<ChunkSource>;

/**
 * The body of a streaming response: any iterable, async iterable, Node stream or Web `ReadableStream` of chunks, a
 * promise of one, or a function of `{ signal }` that returns any of these. A lone string or byte array is one chunk.
 */
export type StreamingBody = ChunkSource | PromiseLike<ChunkSource> | BodyProducer;

/** One step of a reading; `value` is still what the source gave. */
export type Pulled = IteratorResult<unknown, unknown>;

/** An error that is known before anybody has asked for an item. */
export interface EarlyFailure {
  readonly error: unknown;
}

/** One reading of one source. */
export interface ChunkReader {
  /** The next step; a promise only where the source is asynchronous. */
  read(): Pulled | Promise<Pulled>;
  /** Gives the source back, whether it was read or not. Called at most once. */
  close(reason: unknown): unknown;
  /** What the source has failed with already, where it shows that by itself. */
  readonly failure?: EarlyFailure | undefined;
  /** Whether an item's memory is used again once the next is asked for; known from the first item on. @default false */
  readonly isLending?: boolean;
}

/** What a body is made of: the one thing in which bodies of bytes and bodies of rows differ. */
export interface BodyKind {
  /** The items of a value that is not iterated, although it may be iterable; undefined for any other value. */
  readonly whole: (value: unknown) => readonly unknown[] | undefined;
  /** The error for a value that can't be a body. */
  readonly refusal: (value: unknown) => TypeError;
}

/** Bodies of a response: text and bytes. One chunk among others may be a number; as the whole body it is a mistake. */
const chunkBody: BodyKind = {
  whole: (value) =>
    isChunk(value) && typeof value !== "number" && typeof value !== "bigint" ? [value] : undefined,
  refusal: (value) =>
    wrongType(
      `${describeValue(value)} is not a body. Use text, bytes, an iterable, an async iterable, a stream, a promise of one, or a function that returns one.`,
    ),
};

/**
 * The method of a body that makes its own reader. Such a body gets the reason when it is closed, and can be closed while
 * a step is pending; `return()` of an iterator can do neither.
 */
export const readerOf = Symbol("stream-csv.readerOf");

/** The method of a body that wraps another, by which it tells what that one has failed with already. */
export const failureOf = Symbol("stream-csv.failureOf");

/** What a body is known to have failed with before anybody has asked for an item, where it can tell. */
export function earlyFailureOf(body: unknown): EarlyFailure | undefined {
  return hasMethod(body, failureOf) ? (body[failureOf]() as EarlyFailure | undefined) : undefined;
}

const finished: Pulled = { done: true, value: undefined };

/**
 * Takes the one iterator of a body. Where a value is iterable both ways the asynchronous one is taken, and where a
 * promise is iterable too, as a query of Knex or Mongoose is, it is iterated.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that can't be a body
 */
export function openReader(
  body: unknown,
  signal: () => AbortSignal,
  kind: BodyKind = chunkBody,
): ChunkReader {
  const open = (source: unknown): ChunkReader => openSource(source, kind, open);
  return isProducer(body) ? new ProducerReader(() => open(body({ signal: signal() }))) : open(body);
}

function openSource(source: unknown, kind: BodyKind, open: (source: unknown) => ChunkReader): ChunkReader {
  const whole = kind.whole(source);
  if (whole !== undefined) return readIterator(whole[Symbol.iterator](), whole);
  if (hasOwnReader(source)) return source[readerOf]();
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
    close: () => closeIterator(iterator, source),
    isLending: isLending(source),
  };
}

function readAsyncIterator(iterator: AsyncIterator<unknown>, source: unknown): ChunkReader {
  return {
    read: () => Promise.resolve(iterator.next()),
    close: () => closeIterator(iterator, source),
    isLending: isLending(source),
    get failure() {
      return earlyFailureOf(source);
    },
  };
}

/** `return()` is the clean-up of an iterator; an iterable without one may have a `close()` of its own. */
function closeIterator(iterator: Iterator<unknown> | AsyncIterator<unknown>, source: unknown): unknown {
  if (typeof iterator.return === "function") return iterator.return();
  return hasMethod(source, "close") ? source.close() : undefined;
}

/**
 * A reader of its own is held instead of the stream's async iterator: `cancel()` takes effect at once, whereas the
 * iterator's `return()` waits for a read that may never settle.
 */
function readWebStream(stream: WebStream): ChunkReader {
  const reader = stream.getReader();
  let failure: EarlyFailure | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  // It rejects as soon as the stream fails, also while nobody reads.
  reader.closed.catch(fail);
  return {
    read: () =>
      reader.read().catch((error: unknown) => {
        fail(error);
        throw error;
      }),
    // A stream that has failed has given everything back, and cancelling it would only throw its error again.
    close: (reason) => (failure === undefined ? reader.cancel(reason) : undefined),
    get failure() {
      return failure;
    },
  };
}

/**
 * Node's stream iterator is an async generator, so `return()` on one that was never started destroys nothing, and a
 * stream that fails before its first read would crash the process; therefore `destroy()`, and a listener from the start.
 */
function readNodeStream(stream: NodeReadable): ChunkReader {
  stream.on("error", ignore);
  let iterator: AsyncIterator<unknown> | undefined;
  return {
    read: () => {
      iterator ??= stream[Symbol.asyncIterator]();
      return iterator.next();
    },
    close: async () => {
      if (!stream.destroyed) stream.destroy();
      if (stream.closed === false) await new Promise<void>((resolve) => void stream.once("close", resolve));
      stream.off("error", ignore);
    },
    get failure() {
      const error = stream.errored ?? null;
      return error === null ? undefined : { error };
    },
  };
}

function ignore(): void {}

/** Calls the producer at the first read and reads what it returned. */
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

  close(reason: unknown): unknown {
    return this.#reader?.close(reason);
  }

  get failure(): EarlyFailure | undefined {
    return this.#reader?.failure;
  }

  get isLending(): boolean {
    return this.#reader?.isLending === true;
  }
}

/**
 * Reads what a promise gives. What comes after the closing is given back all the same. A promise of the language's own
 * is under way already; a thenable, such as the query of a database library, may begin only when its `then` is called,
 * so that is called at the first read and not before.
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

  async close(reason: unknown): Promise<void> {
    this.#isClosed = true;
    // A promise that was rejected is reported to whoever reads; there is nothing to close then.
    const reader = await this.#opening?.catch(() => undefined);
    await reader?.close(reason);
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
  destroy(): unknown;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
  once(event: "close", listener: () => void): unknown;
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

/** Whether a value is an object with a method of that name. */
export function hasMethod<K extends PropertyKey>(
  value: unknown,
  name: K,
): value is Record<K, (...args: unknown[]) => unknown> {
  if (typeof value !== "object" || value === null) return false;
  return typeof Reflect.get(value, name) === "function";
}
