import { wrongType } from "../errors.ts";

/** One row: its values in the columns' order, or an object that has them under the columns' keys. */
export type Row = readonly unknown[] | object;

/** Rows, or a function that is called for each reading and returns them; the signal tells it when to stop. */
export type Rows =
  | Iterable<Row>
  | AsyncIterable<Row>
  | ((options: { readonly signal: AbortSignal }) => Iterable<Row> | AsyncIterable<Row>);

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;
type Result = IteratorResult<unknown, unknown>;

/**
 * Takes rows from whatever yields them, some at a time: as many as are there without waiting, at least one.
 * Nothing is asked for before the first `take`. A reader that is aborted returns the iterator at once.
 */
export class RowReader {
  readonly #rows: Rows;
  readonly #signal: AbortSignal;
  readonly #aborted: Promise<never>;
  #rejectAborted: (reason: unknown) => void = () => undefined;
  #iterator: AnyIterator | undefined;
  /** An answer that was asked for, and hasn't been taken. */
  #pending: Promise<Result> | undefined;
  #isEnded = false;

  constructor(rows: Rows, signal: AbortSignal) {
    this.#rows = rows;
    this.#signal = signal;
    this.#aborted = new Promise<never>((_, reject) => {
      this.#rejectAborted = reject;
    });
    this.#aborted.catch(() => undefined);
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** Up to `most` rows, those that come without a pause; none when there are no more. */
  async take(most: number): Promise<readonly unknown[]> {
    this.#signal.throwIfAborted();
    this.#iterator ??= iteratorOf(this.#rows, this.#signal);
    const taken: unknown[] = [];
    const pause = new Pause();
    try {
      while (taken.length < most && !this.#isEnded) {
        const result = await this.#next(this.#iterator, taken.length === 0 ? undefined : pause);
        if (result === undefined) break;
        if (result.done === true) this.#end();
        else taken.push(result.value);
      }
    } catch (error) {
      // An iterator that throws has ended by itself; one that was aborted has been returned.
      this.#end();
      throw error;
    } finally {
      pause.end();
    }
    return taken;
  }

  /** Returns the iterator if it hasn't ended; waits for its clean-up, unless it is still busy with a row. */
  async close(): Promise<void> {
    if (this.#isEnded) return;
    this.#end();
    const returned = this.#iterator?.return?.();
    if (this.#pending === undefined) await returned;
    else Promise.resolve(returned).catch(() => undefined);
  }

  /** The next answer; undefined when it isn't there before the pause, if there is one, begins. */
  async #next(iterator: AnyIterator, pause: Pause | undefined): Promise<Result | undefined> {
    this.#pending ??= Promise.resolve(iterator.next());
    const first = [this.#pending, this.#aborted];
    const result = await Promise.race(pause === undefined ? first : [...first, pause.begun]);
    if (result !== undefined) this.#pending = undefined;
    return result;
  }

  #end(): void {
    this.#isEnded = true;
    this.#signal.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    this.#rejectAborted(this.#signal.reason);
    this.close().catch(() => undefined);
  };
}

/** Begins once nothing more can come without waiting for a timer or for input: with the next turn of the event loop. */
class Pause {
  readonly begun: Promise<undefined>;
  #immediate: NodeJS.Immediate | undefined;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.#immediate = setImmediate(resolve, undefined);
    });
  }

  end(): void {
    clearImmediate(this.#immediate);
  }
}

function iteratorOf(rows: Rows, signal: AbortSignal): AnyIterator {
  const iterable: unknown = typeof rows === "function" ? rows({ signal }) : rows;
  if (typeof iterable === "object" && iterable !== null) {
    if (isAsyncIterable(iterable)) return iterable[Symbol.asyncIterator]();
    if (isIterable(iterable)) return iterable[Symbol.iterator]();
  }
  throw wrongType(
    "Rows must be an iterable or async iterable of arrays or objects, or a function that returns one.",
  );
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function";
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value && typeof value[Symbol.iterator] === "function";
}
