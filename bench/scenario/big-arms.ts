import { formatBytes, formatCount } from "../../src/index.ts";
import { distinctArms, type PlannedArm } from "../session/arm.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Kernel buffers swallow some 4 MB of a connection; a body must be much larger to keep its server waiting. */
const fewestBodyBytes = 16 * 1024 ** 2;

/**
 * The arms with as many rows as make a body that doesn't fit into socket buffers. Those that have fewer are left out,
 * which is noted with the reason why it matters.
 */
export function bigArms(
  { plan, record }: ScenarioContext,
  scenario: string,
  because: string,
): readonly PlannedArm[] {
  return distinctArms(plan.arms).flatMap((arm): readonly PlannedArm[] => {
    const bytesPerRow = arm.body.bytes / Math.max(1, arm.body.rows);
    const rows = Math.ceil(fewestBodyBytes / bytesPerRow);
    const { isStreamCsv, takesRows, name } = arm.target;
    const most = isStreamCsv ? plan.availableRows : takesRows ? null : arm.body.rows;
    if (most === null || rows <= most) return [takesRows ? { ...arm, rows } : arm];
    const whose = isStreamCsv ? "" : ` of ${name}`;
    record.warn(
      `${scenario} was left out for ${arm.id}: all ${formatCount(most)} rows${whose} are less than ${formatBytes(fewestBodyBytes)}, ${because}.`,
    );
    return [];
  });
}
