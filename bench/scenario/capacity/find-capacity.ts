import type { Step } from "./capacity-limits.ts";

/** How far is searched. */
export interface SearchBounds {
  readonly mostReaders: number;
  /** Steps between the last number that was carried and the first that was not. */
  readonly refinements: number;
  /** Whether there is time for another step. */
  readonly hasTime: () => boolean;
  /** Which limit a step breaks, in words; null when it keeps all. */
  readonly brokenBy: (step: Step) => string | null;
}

/** What a search found. */
export interface Capacity {
  /** The most readers that were served while all limits were kept; 0 when one reader breaks one already. */
  readonly carried: number;
  /** The step with these readers; null when none kept all limits. A few of its readers may have waited. */
  readonly kept: Step | null;
  /** The fewest that broke one; null when none did. */
  readonly broken: { readonly readers: number; readonly limit: string } | null;
  /** Every step, in the order it was taken. */
  readonly steps: readonly Step[];
}

/** A step takes seconds, so that few should lead to hundreds of readers. */
const growth = 4;

/**
 * Multiplies the readers by four until a limit breaks, then halves the distance a few times. A step that breaks a limit is
 * taken once more, and counts as broken only when both do: a moment in which the machine was busy doesn't show a limit of
 * the server.
 * @param measure measures one number of readers
 */
export async function findCapacity(
  measure: (readers: number) => Promise<Step>,
  { mostReaders, refinements, hasTime, brokenBy }: SearchBounds,
): Promise<Capacity> {
  const steps: Step[] = [];
  let most = 0;
  let kept: Step | null = null;
  let broken: Capacity["broken"] = null;
  const take = async (readers: number): Promise<void> => {
    let limit: string | null = null;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const step = await measure(readers);
      steps.push(step);
      limit = brokenBy(step);
      if (limit !== null) continue;
      most = readers;
      kept = step;
      return;
    }
    if (limit !== null) broken = { readers, limit };
  };
  const isOpen = (): boolean => broken === null && most < mostReaders;
  // The first step is always taken.
  while (isOpen() && (steps.length === 0 || hasTime())) {
    await take(Math.min(mostReaders, Math.max(1, most * growth)));
  }
  for (let done = 0; done < refinements && hasTime(); done += 1) {
    const next = between(most, broken);
    if (next === null) break;
    await take(next);
  }
  return { carried: servedIn(kept), kept, broken, steps };
}

/** The readers that were served: the limits let a few wait, which the server doesn't carry. */
function servedIn(step: Step | null): number {
  return step === null ? 0 : step.readers - step.unserved;
}

/** A number of readers between those that were carried and those that were not; null when there is none. */
function between(most: number, broken: Capacity["broken"]): number | null {
  const middle = broken === null ? most : Math.floor((most + broken.readers) / 2);
  return middle > most ? middle : null;
}
