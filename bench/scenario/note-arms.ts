import type { Arm } from "../result/schema.ts";
import type { BenchArm } from "../session/arm.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Notes arms in the logbook, as the result file wants them. */
export function noteArms(
  { logbook }: Pick<ScenarioContext, "logbook">,
  scenario: string,
  arms: readonly Pick<BenchArm, "id" | "role" | "target" | "delivery" | "rows">[],
): void {
  logbook.arms.push(
    ...arms.map(({ id, role, target, delivery, rows }): Arm => ({
      id,
      scenario,
      role,
      delivery: delivery ?? target.name,
      rows,
      ...(target.command === null ? {} : { command: target.command }),
      ...(target.url === null ? {} : { url: target.url }),
    })),
  );
}
