import { formatBytes, formatCount } from "../../src/ground.ts";
import { bytesPerRow, distinctArms, type PlannedArm } from "../session/arm.ts";
import { bodyUpTo } from "./body-up-to.ts";
import type { ScenarioContext } from "./scenario.ts";

/** The kernel buffers about 4 MB per connection; only a much larger body keeps its server waiting. */
const fewestBodyBytes = 16 * 1024 ** 2;

/** How large the bodies of a scenario have to be. */
export interface BigBodies {
  /**
   * As many bytes as the scenario would like, if there are as many.
   * @default leastBytes
   */
  readonly wantedBytes?: number;
  /**
   * Arms whose bodies have fewer are left out.
   * @default 16 MiB, which is also the least this can be
   */
  readonly leastBytes?: number;
  /** Why a smaller body can't be used, as the end of a sentence. */
  readonly because: string;
}

/** An arm, and the bytes that its body really has. */
export interface BigArm extends PlannedArm {
  readonly bodyBytes: number;
}

/**
 * The arms, with rows for a body that does not fit into socket buffers. How many rows there are is looked up where it
 * isn't known. Arms whose export is too small are left out, and a warning says so.
 */
export async function bigArms(
  context: Pick<ScenarioContext, "plan" | "record" | "session">,
  scenario: string,
  { because, leastBytes = 0, wantedBytes = 0 }: BigBodies,
): Promise<readonly BigArm[]> {
  const least = Math.max(fewestBodyBytes, leastBytes);
  const wanted = Math.max(least, wantedBytes);
  const big: BigArm[] = [];
  // The deliveries of a server give the same rows.
  for (const arms of byTarget(distinctArms(context.plan.arms))) {
    const [first] = arms;
    const { takesRows, isStreamCsv, name } = first.target;
    const rows = takesRows ? Math.ceil(wanted / bytesPerRow(first)) : first.body.rows;
    const body = await bodyUpTo(context.session, first, rows);
    if (body.bytes >= least) {
      big.push(...arms.map((arm) => ({ ...arm, rows, bodyBytes: body.bytes })));
      continue;
    }
    const whose = isStreamCsv ? "" : ` of ${name}`;
    context.record.warn(
      `${scenario} was left out for ${arms.map(({ id }) => id).join(", ")}: all ${formatCount(body.rows)} rows${whose} make ${formatBytes(body.bytes)}, and it needs ${formatBytes(least)}, ${because}.`,
    );
  }
  return big;
}

function byTarget(arms: readonly PlannedArm[]): readonly (readonly [PlannedArm, ...PlannedArm[]])[] {
  const groups = new Map<PlannedArm["target"], [PlannedArm, ...PlannedArm[]]>();
  for (const arm of arms) {
    const group = groups.get(arm.target);
    if (group === undefined) groups.set(arm.target, [arm]);
    else group.push(arm);
  }
  return [...groups.values()];
}
