import { busyReaderRatio, busyWith } from "../probe/own-load.ts";
import type { Measured } from "../result/metric.ts";
import { armTitle, type PlannedArm } from "../session/arm.ts";
import { measureExport, prepareServer } from "../session/measure/measure-export.ts";
import { requireSameBody } from "../session/measure/require-same-body.ts";
import { forgetsEnded } from "../session/server/server-work.ts";
import type { RunningTarget } from "../subject/target.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Above this share of an export the reader had no core for too long to trust its times. */
const waitingReaderRatio = 0.25;

/**
 * Takes one timed export of an arm, whose body has to be the one that was checked, and warns where the reader was the
 * limit.
 * @param prepared what the server held before its warm-up; without it the server is fresh, and warmed up here
 */
export async function measureArm(
  { session, record }: Pick<ScenarioContext, "session" | "record">,
  arm: PlannedArm,
  server: RunningTarget,
  prepared?: { readonly idleBytes: number | null },
): Promise<Measured> {
  const served = { session, server, request: arm };
  const { idleBytes } = prepared ?? { idleBytes: await prepareServer(served) };
  const { measured, reading, client, isCpuTooShort } = await measureExport(served, arm.body.rows, idleBytes);
  requireSameBody(armTitle(arm), reading, arm.body);
  if (isCpuTooShort) {
    record.warn(
      `Too little CPU time of ${arm.id} is known to count it in each round: its threads or processes end with an export, and are then known in steps of 10 ms. The CPU time of such rounds is left out; exports with more rows show it.`,
    );
  }
  if (forgetsEnded(server)) {
    record.warn(
      `Processes of ${arm.id} end with an export, and nobody waits for them, as where SIGCHLD is ignored: the system forgets their CPU time and the peak of their memory. What was last seen of them counts, so both may be too small.`,
    );
  }
  // One note on it is enough.
  const isNoted = record.warnings.some((warning) => warning.startsWith(`${arm.id} is client-bound`));
  if (isNoted) return measured;
  if (busyWith(reading.bodyBytes, client.busyRatio) > busyReaderRatio.warns) {
    record.warn(
      `${arm.id} is client-bound: the reader itself was busy for more than ${busyReaderRatio.warns * 100} % of an export, so its times and rates are bounds; the server may be faster.`,
    );
  } else if ((client.waitRatio ?? 0) > waitingReaderRatio) {
    record.warn(
      `${arm.id} is client-bound: the reader had no core for more than ${waitingReaderRatio * 100} % of an export, because other programs used them; the server may be faster.`,
    );
  }
  return measured;
}
