import { mediansOf } from "../expectation.ts";
import { noteArms } from "../note-arms.ts";
import { roundsUpTo } from "../run-time.ts";
import type { Scenario } from "../scenario.ts";
import { checkGrowth } from "./check-growth.ts";
import { measureSizes, mostRounds } from "./measure-sizes.ts";
import {
  fitIntoTime,
  lookUpSeconds,
  ofOneSize,
  scalingArms,
  secondsFor,
  upToAvailable,
} from "./scaling-arms.ts";

const name = "scaling";

/** The peak memory of the server for exports of different sizes, which tells O(1) from O(n). */
export const scalingScenario: Scenario = {
  name,
  summary: "the server's peak memory for exports of growing size, streamed and buffered: O(1) or O(n)",
  isDefault: true,
  isDispensable: false,
  hasFixedTime: false,
  isEssential: false,
  countSteps: (plan) => scalingArms(plan).length * roundsUpTo(mostRounds, plan),
  estimateSeconds: (plan) => {
    const arms = scalingArms(plan);
    return lookUpSeconds(arms) + roundsUpTo(mostRounds, plan) * secondsFor(arms);
  },
  async run(context) {
    const { plan, record } = context;
    for (const { id } of ofOneSize(plan)) {
      record.warn(
        `${name} was left out for ${id}: without {rows} in its address or its command all its exports have one size.`,
      );
    }
    const wanted = scalingArms(plan);
    if (wanted.length === 0) return;
    const arms = await upToAvailable(context, fitIntoTime(context, wanted));
    noteArms(context, name, arms);
    await measureSizes(context, name, arms);
    record.checks.push(...checkGrowth(name, arms, mediansOf(record, name)));
  },
};
