import type { Measured } from "../result/metric.ts";
import { armTitle, type PlannedArm } from "../session/arm.ts";
import { requireSameBody } from "../session/measure/require-same-body.ts";
import { measureNeighbors, neighborTimes } from "../session/measure/measure-neighbors.ts";
import type { RunningTarget } from "../subject/target.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Counts the short requests of an arm beside its exports; a footnote says when its answers can't be counted. */
export async function countNeighbors(
  { session, plan, record }: ScenarioContext,
  arm: PlannedArm,
  server: RunningTarget,
): Promise<Measured> {
  const served = { session, server, request: arm };
  const measured = await measureNeighbors(served, neighborTimes(plan), (reading) =>
    requireSameBody(armTitle(arm), reading, arm.body),
  );
  if (server.pingUrl !== null && measured.ping_per_s_idle === null) {
    record.warn(
      `What short requests lose beside the exports of ${arm.id} is left out: none of several connections was answered in a way that can be counted at ${server.pingUrl.pathname}. An answer needs a length, or chunks, and a 2xx.`,
    );
  }
  return measured;
}
