import type { Delivery } from "../../src/index.ts";
import type { Arm } from "../result/schema.ts";
import type { Target } from "../subject/target.ts";

/** What a body is known to hold from the untimed pass. */
export interface ExpectedBody {
  readonly rows: number;
  readonly bytes: number;
  readonly crc32: number;
  /** Records of the CSV that aren't rows: 1 with a header, 0 without. @default 1 */
  readonly headerRecords?: number;
}

/** One thing that is measured in every round: a target, by one delivery where it has several. */
export interface PlannedArm {
  readonly id: string;
  readonly role: Arm["role"];
  readonly target: Target;
  readonly delivery: Delivery | null;
  /** Rows as they are asked for. */
  readonly rows: number;
  readonly body: ExpectedBody;
}

/** The identical second control, which shows how much two equal things differ. */
export const againId = "buffered-again";

/** Gives the body that a target was found to give in the untimed pass. */
type BodyOf = (target: Target) => ExpectedBody;

/**
 * The arms of a run that explains: our deliveries, an identical second buffered one, and every other target. All are
 * held against the buffered delivery.
 */
export function explainingArms(
  ours: Target,
  {
    deliveries,
    others,
    rows,
  }: {
    readonly deliveries: readonly Delivery[];
    readonly others: readonly Target[];
    readonly rows: number;
  },
  bodyOf: BodyOf,
): readonly PlannedArm[] {
  const own = { target: ours, rows, body: bodyOf(ours) };
  const again: PlannedArm = { ...own, id: againId, role: "aa", delivery: "buffered" };
  return [
    ...deliveries.map((delivery): PlannedArm => {
      return { ...own, id: delivery, role: delivery === "buffered" ? "control" : "treatment", delivery };
    }),
    ...(deliveries.includes("buffered") ? [again] : []),
    ...others.map((target): PlannedArm => {
      const body = bodyOf(target);
      const asked = target.takesRows ? rows : body.rows;
      return { id: target.name, role: "treatment", target, delivery: null, rows: asked, body };
    }),
  ];
}

/**
 * The arms of a run that gates: by each delivery this version, the other one as its control, and the other one again.
 */
export function gatingArms(
  { treatment, control }: { readonly treatment: Target; readonly control: Target },
  { deliveries, rows }: { readonly deliveries: readonly Delivery[]; readonly rows: number },
  bodyOf: BodyOf,
): readonly PlannedArm[] {
  return deliveries.flatMap((delivery): readonly PlannedArm[] => {
    const arm = (role: Arm["role"], target: Target): PlannedArm => {
      const id = role === "treatment" ? delivery : `${delivery}-${role}`;
      return { id, role, target, delivery, rows, body: bodyOf(target) };
    };
    return [arm("treatment", treatment), arm("control", control), arm("aa", control)];
  });
}

/** The arms of which each is measured once where repetition tells nothing: without identical second ones. */
export function distinctArms(arms: readonly PlannedArm[]): readonly PlannedArm[] {
  return arms.filter(({ role }) => role !== "aa");
}

/** How a message begins that is about an arm. */
export function whoseOf({ delivery, id, target }: PlannedArm): string {
  return delivery === null ? `The target ${target.name}` : `The ${delivery} delivery (${id})`;
}
