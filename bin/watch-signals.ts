import { endingSignals, signalExitCodes } from "./signal.ts";

/** What the signals stop: a server, or a process that takes jobs. */
interface Stoppable {
  /** Stops in good order. */
  drain(): void;
  /** Stops at once. */
  kill(): void;
}

/** The signals of a run. */
export interface SignalWatch {
  /** Aborted by a signal during the start, so that the start is given up. */
  readonly starting: AbortSignal;
  /** Sets what later signals stop. */
  readonly attach: (running: Stoppable) => void;
  /** The exit code for a second signal, if there was one. */
  readonly killedBy: () => number | undefined;
}

/**
 * Watches the signals that end a program: the first one drains what runs, the second one stops it at once. Call it
 * before the start, so that what has half started is cleaned up.
 */
export function watchSignals(): SignalWatch {
  const starting = new AbortController();
  let running: Stoppable | undefined;
  let signals = 0;
  let exitCode: number | undefined;
  for (const signal of endingSignals) {
    process.on(signal, () => {
      signals += 1;
      if (signals === 1) {
        if (running === undefined) starting.abort();
        else running.drain();
        return;
      }
      exitCode ??= signalExitCodes[signal];
      if (running === undefined) process.exit(exitCode);
      running.kill();
    });
  }
  const attach = (started: Stoppable): void => {
    running = started;
  };
  return { starting: starting.signal, attach, killedBy: () => exitCode };
}
