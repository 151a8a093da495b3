import type { Arm } from "../result/schema.ts";
import type { Delivery } from "../trial/session.ts";
import type { ScenarioContext } from "./scenario.ts";

/** An arm that is one delivery; the buffered one is what the others are held against. */
export interface DeliveryArm {
  readonly id: string;
  readonly delivery: Delivery;
}

/** Notes arms in the logbook, as the result file wants them. */
export function noteArms(
  { logbook, session }: ScenarioContext,
  scenario: string,
  arms: readonly DeliveryArm[],
): void {
  const { command } = session.target;
  logbook.arms.push(
    ...arms.map(({ id, delivery }): Arm => {
      // An arm with another name than its delivery repeats the control.
      const role = delivery !== "buffered" ? "treatment" : id === againId ? "aa" : "control";
      return { id, scenario, role, delivery, command };
    }),
  );
}

/** The identical second control, which shows how much two equal things differ. */
export const againId = "buffered-again";
