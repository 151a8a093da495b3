import type { Arm } from "../result/result.ts";
import type { PlannedArm } from "../session/arm.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Records the arms of a scenario in the form of the result file. */
export function noteArms(
  { record }: Pick<ScenarioContext, "record">,
  scenario: string,
  arms: readonly Pick<PlannedArm, "id" | "role" | "target" | "subject" | "rows">[],
): void {
  record.arms.push(
    ...arms.map(({ id, role, target, subject, rows }): Arm => ({
      id,
      scenario,
      role,
      delivery: subject,
      rows,
      ...(target.command === null ? {} : { command: target.command }),
      ...(target.url === null ? {} : { url: target.url }),
    })),
  );
}
