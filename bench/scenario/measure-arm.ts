import type { Measured } from "../result/metric.ts";
import type { RunningTarget } from "../subject/target.ts";
import { whoseOf, type PlannedArm } from "../session/arm.ts";
import { measureExport, prepareServer, requireSameBody } from "../session/measure/measure-export.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Above this share of its time the reader may have been the slower side. */
const busyReaderRatio = 0.6;
/** Above this share of an export the reader lacked a core for too long to be believed. */
const waitingReaderRatio = 0.25;

/**
 * Takes one timed export of an arm at a fresh server, or at one that was prepared, whose body has to be the one that was checked, and warns where the reader was the
 * limit.
 */
export async function measureArm(
  { session, record }: Pick<ScenarioContext, "session" | "record">,
  arm: PlannedArm,
  server: RunningTarget,
  prepared?: { readonly idle: number | null },
): Promise<Measured> {
  const served = { session, server, request: arm };
  const { idle } = prepared ?? { idle: await prepareServer(served) };
  const { measured, reading, client } = await measureExport(served, arm.body.rows, idle);
  requireSameBody(whoseOf(arm), reading, arm.body);
  if (client.busyRatio > busyReaderRatio) {
    record.warn(
      `${arm.id} is client-bound: the reader itself was busy for more than ${busyReaderRatio * 100} % of an export, so that its times and rates are bounds; the server may be faster.`,
    );
  } else if ((client.waitRatio ?? 0) > waitingReaderRatio) {
    record.warn(
      `${arm.id} is client-bound: the reader had no core for more than ${waitingReaderRatio * 100} % of an export, since other programs had them; the server may be faster.`,
    );
  }
  return measured;
}
