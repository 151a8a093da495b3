import { formatCount } from "../../../src/ground.ts";
import { mediansOf } from "../expectation.ts";
import { noteArms } from "../note-arms.ts";
import { roundsUpTo } from "../run-time.ts";
import type { Scenario } from "../scenario.ts";
import { checkGrowth } from "./check-growth.ts";
import { measureSizes, mostRounds } from "./measure-sizes.ts";
import { fitIntoTime, scalingArms, secondsFor, sizeOf } from "./scaling-arms.ts";

const name = "scaling";

/** The peak memory of the server for exports of different sizes, which tells O(1) from O(n). */
export const scalingScenario: Scenario = {
  name,
  summary: "the server's peak memory for exports of growing size, streamed and buffered: O(1) or O(n)",
  isDefault: true,
  isDispensable: false,
  isEssential: false,
  countSteps: (plan) => scalingArms(plan).length * roundsUpTo(mostRounds, plan),
  estimateSeconds: (plan) => roundsUpTo(mostRounds, plan) * secondsFor(scalingArms(plan)),
  async run(context) {
    const { plan, record } = context;
    const arms = fitIntoTime(context, scalingArms(plan));
    noteArms(context, name, arms);
    const bodies = await measureSizes(context, name, arms);
    for (const arm of arms) {
      const given = bodies.get(sizeOf(arm))?.rows ?? arm.rows;
      if (given < arm.rows) {
        record.warn(`${arm.id} is an export of ${formatCount(given)} rows: there are no more.`);
      }
    }
    record.checks.push(...checkGrowth(name, arms, mediansOf(record, name)));
  },
};
