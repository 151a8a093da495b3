import { remedyOf } from "./sink.ts";

/** Knows which errors of standard output were reported. */
export interface OutputWatch {
  /** Whether an error was already reported to the user. */
  hasReported(fault: unknown): boolean;
}

/**
 * Reports a failure of standard output as a sentence. Without a listener such an error ends the process with a stack
 * trace. A closed pipe (`| head`) is not an error, because the reader has what it wanted. A failure of standard error
 * can't be reported.
 */
export function watchStandardOutput(): OutputWatch {
  let reported: Error | undefined;
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || reported !== undefined) return;
    reported = error;
    process.exitCode = 1;
    const whatToDo = remedyOf(error);
    const end = whatToDo === undefined ? "" : ` ${whatToDo}`;
    process.stderr.write(`error: Standard output can't be written: ${error.message}.${end}\n`);
  });
  return { hasReported: (fault) => reported !== undefined && fault === reported };
}
