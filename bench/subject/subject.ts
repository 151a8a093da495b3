import type { MeasuredDelivery } from "../result/measured-delivery.ts";
import type { Target } from "./target.ts";

/** Something that takes part in a run, and how it is measured. */
export interface Subject {
  readonly target: Target;
  /** The deliveries it is measured by; a single null for a server that has only one way. */
  readonly deliveries: readonly (MeasuredDelivery | null)[];
  /** Another version of it, compared with it in the same rounds; null without one. */
  readonly control: Target | null;
}
