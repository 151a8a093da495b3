import type { MeasuredDelivery } from "../result/measured-delivery.ts";
import type { MetricId } from "../result/metric.ts";
import type { Arm } from "../result/result.ts";
import type { Subject } from "../subject/subject.ts";
import type { BodyEquality, Target } from "../subject/target.ts";

/** What a body is known to hold from the untimed pass. */
export interface ExpectedBody {
  readonly rows: number;
  readonly bytes: number;
  readonly crc32: number;
  /** Records of the CSV that are not rows: 1 with a header, 0 without. @default 1 */
  readonly headerRecords?: number;
  /** Cells of its first record; absent where only bytes are compared. */
  readonly columns?: number;
  /** What every later body has to have in common with it. @default "bytes" */
  readonly equality?: BodyEquality;
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
  /** Whether its body has all rows that there are, so that fewer another time are lost ones. @default false */
  readonly isWhole?: boolean;
  /** Whether its processes are known, so that memory and CPU time are measured. @default true */
  readonly isSampled?: boolean;
  /** Whether it reports inside numbers. @default true */
  readonly reportsInside?: boolean;
  /** Metrics that its inside numbers leave out. @default none */
  readonly unreported?: readonly MetricId[];
}

/** One thing that is measured in every round: a target, by one delivery where it has several. */
export interface PlannedArm extends TargetFacts {
  readonly id: string;
  readonly role: Arm["role"];
  readonly target: Target;
  readonly delivery: MeasuredDelivery | null;
  /** What it measures, by which budgets name it: a delivery, or a target. Another version of it has the same. */
  readonly subject: string;
  /** Rows to ask for. */
  readonly rows: number;
}

/** Endings of the ids of further arms of a subject. */
const endings = {
  control: "-control",
  aa: "-aa",
  /** Of the identical second control, which shows how much two equal things differ. */
  again: "-again",
} as const;

/** Every id that the arms of a subject may have. */
export function idsOf(subject: string): readonly string[] {
  return [subject, ...Object.values(endings).map((ending) => `${subject}${ending}`)];
}

/** What decides the arms. */
export interface ArmOptions {
  /** Rows of a timed export, for targets that take them. */
  readonly rows: number;
  /** The subject that others are compared with, where there is no other version; null for none. */
  readonly control: string | null;
  readonly factsOf: (target: Target) => TargetFacts;
}

/**
 * The arms of a run. A subject that has a control gives three arms each: itself, the control, and the control again.
 * Without other versions it gives one arm each, compared with the subject that is the control, which is measured twice. A
 * control with nothing to compare is measured once.
 */
export function planArms(
  subjects: readonly Subject[],
  { rows, control, factsOf }: ArmOptions,
): readonly PlannedArm[] {
  const single = subjects.flatMap(({ deliveries }) => deliveries).length === 1;
  return subjects.flatMap((subject) => {
    const arms = subject.deliveries.flatMap((delivery) => {
      const id = delivery ?? subject.target.name;
      const armOf = (role: Arm["role"], target: Target, ending = ""): PlannedArm => {
        const facts = factsOf(target);
        const asked = target.takesRows ? rows : facts.body.rows;
        return { ...facts, id: `${id}${ending}`, role, target, delivery, subject: id, rows: asked };
      };
      const own = subject.target;
      if (subject.control !== null) {
        const others = (["control", "aa"] as const).map((role) =>
          armOf(role, subject.control ?? own, endings[role]),
        );
        return [armOf("treatment", own), ...others];
      }
      if (id !== control || (single && delivery === null)) return [armOf("treatment", own)];
      return [armOf("control", own), armOf("aa", own, endings.again)];
    });
    if (subject.control !== null) return arms;
    return [...distinctArms(arms), ...arms.filter(({ role }) => role === "aa")];
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
export function armTitle({ delivery, id }: Pick<PlannedArm, "delivery" | "id">): string {
  return delivery === null ? `The target ${id}` : `The ${delivery} delivery (${id})`;
}
