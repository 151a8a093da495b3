/** Shows the cursor, and has long lines continue on the next one; the rest of the line is cleared (ECMA-48, DEC modes). */
const restored = "\r\u001B[K\u001B[?25h\u001B[?7h";
/** What a progress bar sets: no cursor, and long lines cut. */
const forBar = "\u001B[?25l\u001B[?7l";

/**
 * Gives the terminal back as it was whenever the program stops writing its progress bar, however that comes: at its end, a
 * crash or a second Ctrl-C, and while it is suspended by Ctrl-Z.
 * @param write writes to the terminal, at once
 * @returns called when the bar is gone
 */
export function guardTerminal(write: (text: string) => void): () => void {
  const restore = (): void => write(restored);
  const suspend = (): void => {
    restore();
    // Not SIGTSTP, which this listener would get again.
    process.kill(process.pid, "SIGSTOP");
  };
  const resume = (): void => write(forBar);
  process.on("exit", restore).on("SIGTSTP", suspend).on("SIGCONT", resume);
  return () => {
    process.off("exit", restore).off("SIGTSTP", suspend).off("SIGCONT", resume);
    restore();
  };
}
