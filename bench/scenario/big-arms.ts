import { formatBytes, formatCount } from "../../src/ground.ts";
import { bytesPerRow, distinctArms, type PlannedArm } from "../session/arm.ts";
import type { ScenarioContext } from "./scenario.ts";

/** The kernel buffers about 4 MB per connection; only a much larger body keeps its server waiting. */
const fewestBodyBytes = 16 * 1024 ** 2;

/**
 * The arms, with as many rows as make a body that does not fit into socket buffers. An arm with fewer rows is left out,
 * and a warning says why.
 */
export function bigArms(
  { plan, record }: Pick<ScenarioContext, "plan" | "record">,
  scenario: string,
  because: string,
): readonly PlannedArm[] {
  return distinctArms(plan.arms).flatMap((arm): readonly PlannedArm[] => {
    const { availableRows, target } = arm;
    const rows = Math.ceil(fewestBodyBytes / bytesPerRow(arm));
    if (availableRows === null || rows <= availableRows) return [target.takesRows ? { ...arm, rows } : arm];
    const whose = target.isStreamCsv ? "" : ` of ${target.name}`;
    record.warn(
      `${scenario} was left out for ${arm.id}: all ${formatCount(availableRows)} rows${whose} are less than ${formatBytes(fewestBodyBytes)}, ${because}.`,
    );
    return [];
  });
}
