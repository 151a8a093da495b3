import { wrongType } from "../errors.ts";
import { isAsyncIterable, isIterable } from "../stream/chunk-reader.ts";
import { Interruption } from "../stream/interruption.ts";

/** One row: its values in the columns' order, or an object that has them under the columns' keys. */
export type Row = readonly unknown[] | object;

/** Rows, or a function that is called for each reading and returns them; the signal tells it when to stop. */
export type Rows =
  | Iterable<Row>
  | AsyncIterable<Row>
  | ((options: { readonly signal: AbortSignal }) => Iterable<Row> | AsyncIterable<Row>);

interface SyncRows {
  readonly isAsync: false;
  readonly rows: Iterator<unknown>;
}

interface AsyncRows {
  readonly isAsync: true;
  readonly rows: AsyncIterator<unknown>;
}

type Result = IteratorResult<unknown, unknown>;

/**
 * Takes rows from whatever yields them, some at a time: as many as are there without waiting, at least one.
 * Nothing is asked for before the first `take`. A reader that is aborted returns the iterator at once.
 */
export class RowReader {
  readonly #rows: Rows;
  readonly #signal: AbortSignal;
  readonly #interruption = new Interruption<unknown>();
  #iterator: SyncRows | AsyncRows | undefined;
  /** An answer that was asked for, and hasn't been taken. */
  #pending: Promise<Result> | undefined;
  #isEnded = false;
  #closing: Promise<void> | undefined;

  constructor(rows: Rows, signal: AbortSignal) {
    this.#rows = rows;
    this.#signal = signal;
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** Up to `most` rows, those that come without a pause; none when there are no more. */
  async take(most: number): Promise<readonly unknown[]> {
    this.#signal.throwIfAborted();
    if (this.#isEnded) return [];
    this.#iterator ??= iteratorOf(this.#rows, this.#signal);
    const iterator = this.#iterator;
    try {
      return iterator.isAsync ? await this.#takeAsync(iterator, most) : this.#takeSync(iterator, most);
    } catch (error) {
      // An iterator that throws has ended by itself; one that was aborted has been returned.
      this.#end();
      throw error;
    }
  }

  /**
   * Returns the iterator if it hasn't ended, once; waits for its clean-up, unless it is still busy with a row. Every call
   * gives the same promise, so that an error of the clean-up reaches whoever reads, also after an abort.
   */
  close(): Promise<void> {
    this.#closing ??= this.#isEnded ? Promise.resolve() : this.#return();
    return this.#closing;
  }

  async #return(): Promise<void> {
    this.#end();
    const returned = this.#iterator?.rows.return?.();
    if (this.#pending === undefined) await returned;
    // A generator that is busy with a row returns after that, or never; nobody can wait for it.
    else Promise.resolve(returned).catch(() => undefined);
  }

  #takeSync({ rows }: SyncRows, most: number): unknown[] {
    const taken: unknown[] = [];
    while (taken.length < most) {
      const result = rows.next();
      if (result.done === true) {
        this.#end();
        break;
      }
      taken.push(result.value);
    }
    return taken;
  }

  async #takeAsync({ rows }: AsyncRows, most: number): Promise<unknown[]> {
    const taken: unknown[] = [];
    const pause = new Pause();
    try {
      while (taken.length < most) {
        const result = await this.#next(rows, taken.length === 0 ? undefined : pause);
        if (result === undefined) break;
        if (result.done === true) {
          this.#end();
          break;
        }
        taken.push(result.value);
      }
    } finally {
      pause.end();
    }
    return taken;
  }

  /** The next answer; undefined when it isn't there before the pause, if there is one, begins. */
  async #next(rows: AsyncIterator<unknown>, pause: Pause | undefined): Promise<Result | undefined> {
    // As `for await` does, it takes whatever a hand-made iterator gives: a promise, a thenable, or the answer itself.
    this.#pending ??= Promise.resolve(rows.next());
    const pending = this.#pending;
    const result = await this.#interruption.wait<Result | undefined>((resolve, reject) => {
      void pending.then(resolve, reject);
      void pause?.begun.then(resolve);
    });
    if (result !== undefined) this.#pending = undefined;
    return result;
  }

  #end(): void {
    this.#isEnded = true;
    this.#signal.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    this.#interruption.raise(this.#signal.reason);
    // Who reads closes too, and is told there.
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

function iteratorOf(rows: Rows, signal: AbortSignal): SyncRows | AsyncRows {
  const iterable: unknown = typeof rows === "function" ? rows({ signal }) : rows;
  if (isAsyncIterable(iterable)) return { isAsync: true, rows: iterable[Symbol.asyncIterator]() };
  if (isIterable(iterable)) return { isAsync: false, rows: iterable[Symbol.iterator]() };
  throw wrongType(
    "Rows must be an iterable or async iterable of arrays or objects, or a function that returns one.",
  );
}
