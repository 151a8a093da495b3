import { type CodedError, wrongType } from "../errors.ts";

/** A stream that can be read by its events alone. */
export interface EventStream {
  on(event: string, listener: (value: unknown) => void): unknown;
  removeListener(event: string, listener: (value: unknown) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy?(): unknown;
  readonly destroyed?: boolean;
  /** False from the end on. */
  readonly readable?: boolean;
}

/** As many objects as Node's streams hold. Bytes and text are large, so one piece of them is enough. */
const mostObjects = 16;

/**
 * Reads a stream by its events: one that has no asynchronous iterator, or whose iterator takes a stream that was destroyed for one
 * that has ended.
 *
 * The stream is paused until an item is asked for, and again when a few items wait. Streams may emit some more after `pause()`;
 * these wait, too. One that closes before its end has failed. So has one that was destroyed before it, which those of
 * readable-stream 2 tell by an end alone.
 */
export class EventStreamReader {
  readonly #stream: EventStream;
  readonly #items: unknown[] = [];
  /** The first item that was not taken. Taking items out of the array would move all others, which may be many. */
  #first = 0;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;
  /** Called when something has come that a read waits for. */
  #wake: (() => void) | undefined;

  /** @throws TypeError `SCSV_ARG_TYPE` for a stream that has ended */
  constructor(stream: EventStream) {
    if (stream.readable === false || stream.destroyed === true) throw nothingLeft();
    this.#stream = stream;
    // Before there is a listener for data, which lets a stream flow unless it is paused.
    stream.pause();
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    stream.on("error", this.#onError);
    stream.on("close", this.#onClose);
  }

  read(): IteratorResult<unknown, unknown> | Promise<IteratorResult<unknown, unknown>> {
    return this.#step() ?? this.#nextStep();
  }

  close(): void {
    const stream = this.#stream;
    // The listener for errors stays, since a stream may fail after it was destroyed.
    stream.removeListener("data", this.#onData);
    stream.removeListener("end", this.#onEnd);
    stream.removeListener("close", this.#onClose);
    this.#clear();
    this.#hasEnded = true;
    this.#wake?.();
    if (stream.destroyed !== true) stream.destroy?.();
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** The next step, if it is known. What was emitted before an error comes first. */
  #step(): IteratorResult<unknown, unknown> | undefined {
    if (this.#first < this.#items.length) return { done: false, value: this.#takeItem() };
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#hasEnded ? { done: true, value: undefined } : undefined;
  }

  #takeItem(): unknown {
    const item = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first += 1;
    if (this.#first === this.#items.length) this.#clear();
    return item;
  }

  #clear(): void {
    this.#items.length = 0;
    this.#first = 0;
  }

  async #nextStep(): Promise<IteratorResult<unknown, unknown>> {
    for (;;) {
      this.#stream.resume();
      // It may have emitted something already.
      const step = this.#step();
      if (step !== undefined) return step;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  readonly #onData = (item: unknown): void => {
    this.#items.push(item);
    const most = typeof item === "string" || ArrayBuffer.isView(item) ? 1 : mostObjects;
    if (this.#items.length >= most) this.#stream.pause();
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    if (this.#stream.destroyed === true) return this.#onError(closedEarly());
    this.#hasEnded = true;
    this.#wake?.();
  };

  readonly #onError = (error: unknown): void => {
    this.#failure ??= { error };
    this.#wake?.();
  };

  readonly #onClose = (): void => {
    if (!this.#hasEnded && !hasAllItems(this.#stream)) this.#onError(closedEarly());
  };
}

/** Whether a stream of the package readable-stream has all items in its buffer, so that they and its end still come. */
function hasAllItems(stream: EventStream): boolean {
  const state: unknown = Reflect.get(stream, "_readableState");
  return typeof state === "object" && state !== null && Reflect.get(state, "ended") === true;
}

/** The error for a stream of which nothing is left to read: its rows would be missing without a word. */
export function nothingLeft(): CodedError<TypeError> {
  return wrongType(
    "A stream that has ended or was destroyed has nothing left to read. Pass one that nobody has read.",
  );
}

function closedEarly(): Error {
  const error = new Error("The stream that a body comes from was closed before its end.");
  return Object.assign(error, { code: "ERR_STREAM_PREMATURE_CLOSE" });
}
