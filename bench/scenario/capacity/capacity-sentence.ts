import { formatBytes, formatCount } from "../../../src/ground.ts";
import type { RunPlan } from "../scenario.ts";
import { capacityBound, type CapacityFactors } from "./expect-capacity.ts";
import type { Capacity } from "./find-capacity.ts";

/** The arm that was searched, and the bytes of one of its bodies. */
interface Searched {
  readonly id: string;
  readonly bodyBytes: number;
}

/**
 * What all rounds found of an arm, and why no more: `streaming carried 28 to 31 slow readers at 1.00 MiB/s in 3 rounds; the
 * fewest that broke a limit were 32: …`. null when no round ended.
 */
export function capacitySentence(
  arm: Searched & CapacityFactors["arm"],
  found: readonly Pick<Capacity, "carried" | "broken">[],
  plan: CapacityFactors["plan"] & Pick<RunPlan, "readBytesPerSecond">,
): string | null {
  if (found.length === 0) return null;
  const carried = found.map((one) => one.carried);
  const [least, most] = [Math.min(...carried), Math.max(...carried)];
  const count = least === most ? formatCount(most) : `${formatCount(least)} to ${formatCount(most)}`;
  const readers = `${count} slow reader${most === 1 ? "" : "s"} at ${formatBytes(plan.readBytesPerSecond)}/s`;
  const rounds = found.length === 1 ? "" : ` in ${formatCount(found.length)} rounds`;
  const bound = capacityBound({ arm, plan, bodyBytes: arm.bodyBytes });
  return `${arm.id} carried ${readers}${rounds}${endText(found)} By analysis it is at most ${formatCount(bound.readers)}, bounded by ${bound.by}.`;
}

/** The limit that the fewest readers broke. */
function endText(found: readonly Pick<Capacity, "broken">[]): string {
  const broken = found.flatMap((one) => one.broken ?? []);
  const [first] = broken.toSorted((left, right) => left.readers - right.readers);
  if (first === undefined) return ", the most that were tried in the time there was.";
  const limit = `${first.limit}${first.limit.endsWith(".") ? "" : "."}`;
  const readers = formatCount(first.readers);
  return found.length === 1
    ? `; with ${readers}, ${limit}`
    : `; the fewest that broke a limit were ${readers}: ${limit}`;
}
