import type { RunningServer } from "../src/server.ts";
import { endingSignals, signalExitCodes } from "./signal.ts";

/** The signals of a server's run. */
export interface SignalWatch {
  /** Aborted by a signal during the start, so that the start is given up. */
  readonly starting: AbortSignal;
  /** Sets the server that later signals stop. */
  readonly attach: (server: RunningServer) => void;
  /** The exit code for a second signal, if there was one. */
  readonly killedBy: () => number | undefined;
}

/**
 * Watches the signals that end a program: the first one drains the server, the second one stops it at once. Call it
 * before the start, so that a half-started server is cleaned up.
 */
export function watchSignals(): SignalWatch {
  const starting = new AbortController();
  let server: RunningServer | undefined;
  let signals = 0;
  let exitCode: number | undefined;
  for (const signal of endingSignals) {
    process.on(signal, () => {
      signals += 1;
      if (signals === 1) {
        if (server === undefined) starting.abort();
        else server.drain();
        return;
      }
      exitCode ??= signalExitCodes[signal];
      if (server === undefined) process.exit(exitCode);
      server.kill();
    });
  }
  const attach = (started: RunningServer): void => {
    server = started;
  };
  return { starting: starting.signal, attach, killedBy: () => exitCode };
}
