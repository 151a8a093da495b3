/** Shows the cursor, turns line wrapping on, and clears the rest of the line (ECMA-48, DEC modes). */
const restored = "\r\u001B[K\u001B[?25h\u001B[?7h";
/** The modes of a progress bar: no cursor, no line wrapping. */
const forBar = "\u001B[?25l\u001B[?7l";

/**
 * Restores the terminal whenever the program stops writing its progress bar: at its end, after a crash or a second
 * Ctrl-C, and while Ctrl-Z suspends it.
 * @param write writes to the terminal synchronously
 * @returns a function to call when the bar is gone
 */
export function guardTerminal(write: (text: string) => void): () => void {
  const restore = (): void => write(restored);
  const suspend = (): void => {
    restore();
    // Not SIGTSTP, which would call this listener again.
    process.kill(process.pid, "SIGSTOP");
  };
  const resume = (): void => write(forBar);
  process.on("exit", restore).on("SIGTSTP", suspend).on("SIGCONT", resume);
  return () => {
    process.off("exit", restore).off("SIGTSTP", suspend).off("SIGCONT", resume);
    restore();
  };
}
