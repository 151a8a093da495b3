import type { Random } from "../../../bench/internal.ts";
import type { Disks } from "../subject/disks.ts";
import type { ServerUnderTest } from "../subject/server-under-test.ts";
import type { SourceFiles } from "../subject/source-files.ts";

/** What a fault acts on. */
export interface FaultContext {
  readonly server: ServerUnderTest;
  readonly disks: Disks;
  readonly files: SourceFiles;
  readonly random: Random;
  readonly nowMs: () => number;
  /** Notes in the record what begins now; the returned function notes its end. */
  readonly begin: (sentence: string) => () => void;
}

/** One kind of fault. */
export interface FaultKind {
  /** Faults of one lane act on the same thing, and never at the same time. */
  readonly lane: "process" | "disk" | "log" | "file" | "connection";
  /** It takes longer than a client waits, so that only a long run has it. */
  readonly isLong?: boolean;
  /**
   * Injects it, and undoes it before it settles.
   * @throws CannotInject where this machine or moment doesn't allow it
   */
  inject(context: FaultContext): Promise<void>;
}

/** A fault can't be injected here or now. */
export class CannotInject extends Error {}

/** Asks again and again, at most so long; undefined when it was never there. */
export async function eventually<T>(
  look: () => Promise<T | undefined>,
  limitMs: number,
): Promise<T | undefined> {
  const endsAtMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || performance.now() >= endsAtMs) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
