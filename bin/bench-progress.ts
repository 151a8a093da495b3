import type { BenchProgress } from "../bench/index.ts";
import { takesSequences, type GlobalFlags } from "./option.ts";
import { guardTerminal } from "./guard-terminal.ts";

/** Shows the progress of a run. */
export interface ProgressView {
  show(progress: BenchProgress): void;
  /** Says a sentence that stays, above the bar where there is one. */
  tell(text: string): void;
  stop(): void;
}

/** A progress bar on standard error when that is a terminal on which it can move; otherwise nothing. */
export async function progressView(flags: Pick<GlobalFlags, "progress">): Promise<ProgressView> {
  if (!takesSequences(process.stderr) || !flags.progress)
    return { show: () => undefined, tell: writeLine, stop: () => undefined };
  const { Bar, Presets } = await import("cli-progress");
  const bar = new Bar(
    {
      format: "{bar} {percentage} %  {left}  {label}",
      clearOnComplete: true,
      hideCursor: true,
      barsize: 24,
      stream: process.stderr,
      gracefulExit: false,
    },
    Presets.shades_grey,
  );
  const startMs = performance.now();
  const restoreTerminal = guardTerminal((text) => void process.stderr.write(text));
  bar.start(1, 0, { label: "", left: "" });
  return {
    show({ label, step, steps }) {
      if (steps !== null) bar.setTotal(steps);
      const leftSeconds =
        steps === null || step === 0 ? null : ((performance.now() - startMs) / 1000 / step) * (steps - step);
      bar.update(steps === null ? 0 : step, {
        label,
        left: leftSeconds === null ? "" : `about ${Math.ceil(leftSeconds)} s left`,
      });
    },
    tell(text) {
      // The bar draws itself again with its next step.
      process.stderr.write("\r\u001B[K");
      writeLine(text);
    },
    stop: () => {
      bar.stop();
      restoreTerminal();
    },
  };
}

function writeLine(text: string): void {
  process.stderr.write(`${text}\n`);
}
