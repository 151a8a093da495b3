import { seededRandom, shuffled, type Random } from "../../bench/internal.ts";
import { faultKinds } from "./fault/faults.ts";
import { between } from "./pick.ts";

/** The parts of a run, all decided by the seed. */
export interface PlannedPhase {
  readonly number: number;
  /** How long clients come while faults are injected. */
  readonly stormMs: number;
  readonly faults: readonly PlannedFault[];
  /** The seed of the clients' choices. */
  readonly clientSeed: number;
}

/** A fault and its time, counted from the start of its phase. */
export interface PlannedFault {
  readonly name: string;
  readonly atMs: number;
  readonly seed: number;
}

/** How a run is planned. */
export interface PlanOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Names of the faults to choose from; empty for all. */
  readonly only: readonly string[];
}

/** The approximate duration of a phase with its calm. */
const phaseMs = 30_000;
const calmMs = 10_000;
const faultsPerPhase = 5;
/** Faults that outlast a client's patience are left out of runs shorter than this. */
const longRunMinutes = 1.5;

/**
 * Plans phases for this many minutes. Faults come in shuffled rounds, so that each occurs once before any occurs
 * again.
 * @throws RangeError for an unknown name
 */
export function planRun({ seed, minutes, only }: PlanOptions): readonly PlannedPhase[] {
  const random = seededRandom(seed);
  const deal = dealer(namesOf(only, minutes), random);
  const count = Math.max(1, Math.round((minutes * 60_000) / phaseMs));
  const stormMs = Math.max(5000, (minutes * 60_000) / count - calmMs);
  return Array.from({ length: count }, (_, index) => {
    const faults = Array.from({ length: faultsPerPhase }, () => ({
      name: deal(),
      // The last faults still have time to show their effects.
      atMs: between(random, 1000, stormMs * 0.8),
      seed: Math.floor(random() * 2 ** 32),
    }));
    return {
      number: index + 1,
      stormMs,
      faults: faults.toSorted((first, second) => first.atMs - second.atMs),
      clientSeed: Math.floor(random() * 1_000_000),
    };
  });
}

function namesOf(only: readonly string[], minutes: number): readonly string[] {
  const unknown = only.find((name) => faultKinds[name] === undefined);
  if (unknown !== undefined)
    throw new RangeError(`"${unknown}" is not a fault. Use some of: ${Object.keys(faultKinds).join(", ")}.`);
  if (only.length > 0) return only;
  return Object.entries(faultKinds)
    .filter(([, { isLong = false }]) => !isLong || minutes >= longRunMinutes)
    .map(([name]) => name);
}

function dealer(names: readonly string[], random: Random): () => string {
  let pack: string[] = [];
  return () => {
    if (pack.length === 0) pack = shuffled(names, random);
    return pack.pop() ?? "";
  };
}
