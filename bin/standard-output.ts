/** What is known of standard output. */
export interface OutputWatch {
  /** Whether a fault is one that a person has been told already. */
  hasTold(fault: unknown): boolean;
}

/**
 * Makes sure that output which can't be written is told in a sentence, never as a crash: without a listener such an error
 * ends the process with a stack trace. A closed pipe (`| head`) is no fault, since the reader has what it wanted. When
 * standard error can't be written, there is nobody to tell.
 */
export function watchStandardOutput(): OutputWatch {
  let told: Error | undefined;
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || told !== undefined) return;
    told = error;
    process.exitCode = 1;
    process.stderr.write(`error: Standard output can't be written to: ${error.message}.\n`);
  });
  return { hasTold: (fault) => told !== undefined && fault === told };
}
