import type { Check } from "../../result/result.ts";
import type { TargetFacts } from "../arm.ts";

/** What is found out about one target before anything is timed. */
export interface TargetSurvey {
  readonly facts: TargetFacts;
  readonly checks: readonly Check[];
  /** What is wrong: nothing may be timed then. */
  readonly faults: readonly string[];
  /** What is not wrong, but limits what can be compared. */
  readonly notes: readonly string[];
}

/** The body that others are compared with: of our own server, or of the first target. */
export interface Reference {
  /** As a note names it: `ours`, or the target. */
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}
