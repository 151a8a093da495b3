import type { Random } from "../../../bench/internal.ts";
import type { Disks } from "../subject/disks.ts";
import type { ServerUnderTest } from "../subject/server-under-test.ts";
import type { SourceFiles } from "../subject/source-files.ts";

/** The things a fault acts on. */
export interface FaultContext {
  readonly server: ServerUnderTest;
  readonly disks: Disks;
  readonly files: SourceFiles;
  readonly random: Random;
  readonly nowMs: () => number;
  /** Records the start of a fault; the returned function records its end. */
  readonly begin: (sentence: string) => () => void;
}

/** One kind of fault. */
export interface FaultKind {
  /** Faults of one lane act on the same thing, so they never overlap. */
  readonly lane: "process" | "disk" | "log" | "file" | "connection";
  /** The fault lasts longer than a client waits, so only long runs have it. */
  readonly isLong?: boolean;
  /**
   * Injects the fault, and undoes it before this settles. @throws CannotInject if this machine or moment doesn't
   * allow it
   */
  inject(context: FaultContext): Promise<void>;
}

/** A fault can't be injected here or now. */
export class CannotInject extends Error {}

/** Polls for a value for at most this long; undefined if it never appeared. */
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
