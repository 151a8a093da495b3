import { endingSignals, signalExitCodes, type EndingSignal } from "./signal.ts";

/** Ends a run at the first signal, and this process at the second. */
export class SignalInterruption {
  readonly #controller = new AbortController();
  #exitCode: number | null = null;
  readonly #interrupt = (signal: EndingSignal): void => {
    // A second signal does not wait: this process exits, which ends the processes that it started at once.
    if (this.signal.aborted) process.exit(signalExitCodes[signal]);
    this.#exitCode = signalExitCodes[signal];
    this.#controller.abort(new Error(`interrupted by ${signal}`));
  };

  constructor() {
    for (const signal of endingSignals) process.on(signal, this.#interrupt);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code for the signal that came; null without one. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** Stops listening for signals. */
  stop(): void {
    for (const signal of endingSignals) process.off(signal, this.#interrupt);
  }
}
