import type { Delivery } from "../../src/ground.ts";
import type { Arm } from "../result/schema.ts";
import type { Subject } from "../subject/subject.ts";
import type { Target } from "../subject/target.ts";

/** What a body is known to hold from the untimed pass. */
export interface ExpectedBody {
  readonly rows: number;
  readonly bytes: number;
  readonly crc32: number;
  /** Records of the CSV that are not rows: 1 with a header, 0 without. @default 1 */
  readonly headerRecords?: number;
}

/** What the survey found out about a target before anything is timed. */
export interface TargetFacts {
  readonly body: ExpectedBody;
  /** Seconds one export took, untimed. */
  readonly exportSeconds: number;
  /** Rows per second at full speed: streamed by our own server, in the untimed pass by any other. */
  readonly rowsPerSecond: number;
  /** The most rows it has; null when it gives as many as it is asked for, or when that is not known. */
  readonly availableRows: number | null;
  /** Whether an export has all the rows that are asked for, up to the available ones. */
  readonly promisesRows: boolean;
}

/** One thing that is measured in every round: a target, by one delivery where it has several. */
export interface PlannedArm extends TargetFacts {
  readonly id: string;
  readonly role: Arm["role"];
  readonly target: Target;
  readonly delivery: Delivery | null;
  /** Rows to ask for. */
  readonly rows: number;
}

/** The identical second control, which shows how much two equal things differ. */
export const againId = "buffered-again";

/**
 * The arms of a run. A subject that has a control gives three arms per delivery: itself, the control, and the control
 * again. Without a control it gives one arm per delivery, compared with the buffered one, which is measured twice.
 */
export function planArms(
  subjects: readonly Subject[],
  rows: number,
  factsOf: (target: Target) => TargetFacts,
): readonly PlannedArm[] {
  return subjects.flatMap(({ target, deliveries, control }) => {
    const armOf = (role: Arm["role"], delivery: Delivery | null, id: string): PlannedArm => {
      const measured = role === "treatment" || control === null ? target : control;
      const facts = factsOf(measured);
      const asked = measured.takesRows ? rows : facts.body.rows;
      return { ...facts, id, role, target: measured, delivery, rows: asked };
    };
    if (control !== null) {
      return deliveries.flatMap((delivery) => {
        const id = delivery ?? target.name;
        const others = (["control", "aa"] as const).map((role) => armOf(role, delivery, `${id}-${role}`));
        return [armOf("treatment", delivery, id)].concat(others);
      });
    }
    const arms = deliveries.map((delivery) =>
      armOf(delivery === "buffered" ? "control" : "treatment", delivery, delivery ?? target.name),
    );
    return deliveries.includes("buffered") ? [...arms, armOf("aa", "buffered", againId)] : arms;
  });
}

/** The arms without identical second ones, for measurements in which repetition shows nothing. */
export function distinctArms<Planned extends Pick<PlannedArm, "role">>(
  arms: readonly Planned[],
): readonly Planned[] {
  return arms.filter(({ role }) => role !== "aa");
}

/** Bytes of a row, a share of the header among them. */
export function bytesPerRow({ body }: Pick<PlannedArm, "body">): number {
  return body.bytes / Math.max(1, body.rows);
}

/** How a message that is about an arm names it. */
export function armTitle({ delivery, id, target }: Pick<PlannedArm, "delivery" | "id" | "target">): string {
  return delivery === null ? `The target ${target.name}` : `The ${delivery} delivery (${id})`;
}
