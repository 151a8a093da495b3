/** Signals that end a program, and the exit code for each (128 plus the signal's number). */
export const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type EndingSignal = keyof typeof signalExitCodes;

export const endingSignals = Object.keys(signalExitCodes) as EndingSignal[];
