import { formatCount, formatSeconds } from "../../src/ground.ts";
import type { Measured } from "../result/metric.ts";
import { armTitle, type PlannedArm } from "../session/arm.ts";
import { requireSameBody } from "../session/measure/require-same-body.ts";
import { measureNeighbors, neighborTimes, type NeighborCount } from "../session/measure/measure-neighbors.ts";
import type { RunningTarget } from "../subject/target.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Counts the short requests of an arm beside its exports; a footnote says when its answers can't be counted. */
export async function countNeighbors(
  { session, plan, record }: ScenarioContext,
  arm: PlannedArm,
  server: RunningTarget,
): Promise<Measured> {
  const served = { session, server, request: arm };
  const count = await measureNeighbors(served, neighborTimes(plan, arm), (reading) =>
    requireSameBody(armTitle(arm), reading, arm.body),
  );
  if (count.state === "counted") return count.measured;
  const why = reasonOf(count, server);
  if (why !== null) {
    record.warn(`What short requests lose beside the exports of ${arm.id} is left out: ${why}`);
  }
  return { ping_per_s_idle: null, ping_per_s_busy: null, ping_kept_ratio: null, ping_lost_per_export: null };
}

/** Why nothing was counted; null where there is nothing to count, which is said elsewhere. */
function reasonOf(
  count: Exclude<NeighborCount, { readonly state: "counted" }>,
  { pingUrl }: RunningTarget,
): string | null {
  if (count.state === "none") return null;
  const path = pingUrl?.pathname ?? "";
  return count.state === "uncounted"
    ? `none of several connections was answered in a way that can be counted at ${path} within ${formatSeconds(count.idleMs / 1000)}. An answer needs a length, or chunks, and a 2xx.`
    : `while ${count.connections} connections asked for ${path} again and again, nothing of an export came for ${formatCount(count.starvedMs / 1000)} s, and it came when they had stopped. Its workers seem to serve one connection as long as requests come over it, so clients that keep their connections can take all of them: start more workers than ${count.connections}, or end a connection after each answer.`;
}
