import { wrongType } from "../errors.ts";
import { type Chunk, describeValue, isChunk } from "./chunk.ts";

/** What a producer gets to know. */
export interface ProducerContext {
  /** Fires when the body won't be read to its end, before the iterator's `return()` is called. */
  readonly signal: AbortSignal;
}

/** Something that gives chunks one after the other. */
export type ChunkSource = Chunk | Iterable<Chunk> | AsyncIterable<Chunk>;

/** Makes the chunks when the first one is asked for; a body that is never asked for is never made. */
export type BodyProducer = (context: ProducerContext) => ChunkSource | Promise<ChunkSource>;

/**
 * The body of a streaming response: any iterable, async iterable, Node stream or Web `ReadableStream` of chunks, or a
 * function of `{ signal }` that returns one. A lone string or byte array is one chunk.
 */
export type StreamingBody = ChunkSource | BodyProducer;

/** One step of a reading; `value` is still what the source gave. */
export type Pulled = IteratorResult<unknown, unknown>;

/** One reading of one source. */
export interface ChunkReader {
  /** The next step; a promise only where the source is asynchronous. */
  read(): Pulled | Promise<Pulled>;
  /** Gives the source back, whether it was read or not. Called at most once. */
  close(reason: unknown): unknown;
}

const finished: Pulled = { done: true, value: undefined };

/**
 * Takes the one iterator of a body. Where a value is iterable both ways the asynchronous one is taken.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that is no body
 */
export function openReader(body: unknown, signal: () => AbortSignal): ChunkReader {
  return isProducer(body) ? new ProducerReader(body, signal) : openSource(body);
}

function openSource(source: unknown): ChunkReader {
  if (isChunk(source)) return readIterator([source][Symbol.iterator](), source);
  if (isNodeReadable(source)) return readNodeStream(source);
  if (isWebStream(source)) return readWebStream(source);
  if (isAsyncIterable(source)) return readAsyncIterator(source[Symbol.asyncIterator](), source);
  if (isIterable(source)) return readIterator(source[Symbol.iterator](), source);
  throw wrongType(
    `${describeValue(source)} is no body: give text, bytes, an iterable, an async iterable, a stream, or a function that returns one.`,
  );
}

function readIterator(iterator: Iterator<unknown>, source: unknown): ChunkReader {
  return {
    read: () => iterator.next(),
    close: () => closeIterator(iterator, source),
  };
}

function readAsyncIterator(iterator: AsyncIterator<unknown>, source: unknown): ChunkReader {
  return {
    read: () => Promise.resolve(iterator.next()),
    close: () => closeIterator(iterator, source),
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
  let hasFailed = false;
  return {
    read: () =>
      reader.read().catch((error: unknown) => {
        hasFailed = true;
        throw error;
      }),
    // A stream that has failed has given everything back, and cancelling it would only throw its error again.
    close: (reason) => (hasFailed ? undefined : reader.cancel(reason)),
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
  };
}

function ignore(): void {}

/** Calls the producer at the first read and reads what it returned. */
class ProducerReader implements ChunkReader {
  readonly #produce: BodyProducer;
  readonly #signal: () => AbortSignal;
  #reader: ChunkReader | Promise<ChunkReader> | undefined;
  #isClosed = false;

  constructor(produce: BodyProducer, signal: () => AbortSignal) {
    this.#produce = produce;
    this.#signal = signal;
  }

  read(): Pulled | Promise<Pulled> {
    if (this.#reader === undefined) {
      const source: unknown = this.#produce({ signal: this.#signal() });
      this.#reader = source instanceof Promise ? this.#openLater(source) : openSource(source);
    }
    return this.#reader instanceof Promise
      ? this.#reader.then((reader) => (this.#isClosed ? finished : reader.read()))
      : this.#reader.read();
  }

  async close(reason: unknown): Promise<void> {
    this.#isClosed = true;
    const opening = this.#reader;
    if (opening === undefined) return;
    // That it could not be opened is told to whoever pulls; here there is then nothing to close.
    const reader = opening instanceof Promise ? await opening.catch(() => undefined) : opening;
    await reader?.close(reason);
  }

  async #openLater(source: Promise<unknown>): Promise<ChunkReader> {
    const reader = openSource(await source);
    this.#reader = reader;
    return reader;
  }
}

interface WebStream {
  getReader(): {
    read(): Promise<Pulled>;
    cancel(reason: unknown): Promise<void>;
  };
}

interface NodeReadable extends AsyncIterable<unknown> {
  readonly destroyed: boolean;
  readonly closed?: boolean;
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

function isWebStream(value: unknown): value is WebStream {
  return hasMethod(value, "getReader");
}

function isNodeReadable(value: unknown): value is NodeReadable {
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
