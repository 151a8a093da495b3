import { StreamCsvError, formatCount } from "../../../src/ground.ts";
import type { ExpectedBody } from "../../session/arm.ts";
import { measureFresh } from "../../session/measure/measure-export.ts";
import { requireSameBody } from "../../session/measure/require-same-body.ts";
import { readWhole, type ServedExport } from "../../session/session.ts";
import { recordRound } from "../record-round.ts";
import { roundsUpTo } from "../run-time.ts";
import type { ScenarioContext } from "../scenario.ts";
import { sizeOf, type ScalingArm } from "./scaling-arms.ts";

/** More would take long and show the same. */
export const mostRounds = 3;

/**
 * Measures every size in each round. The first export of a size is counted, and all others have to equal it.
 */
export async function measureSizes(
  context: ScenarioContext,
  scenario: string,
  arms: readonly ScalingArm[],
): Promise<void> {
  const { plan, session } = context;
  const rounds = roundsUpTo(mostRounds, plan);
  const bodies = new Map<string, ExpectedBody>();
  for (let round = 0; round < rounds; round += 1) {
    await recordRound(context, scenario, arms, async (arm, server) => {
      const rows = formatCount(arm.rows);
      context.step(`round ${round + 1} of ${rounds}, memory for ${rows} rows, ${arm.base}`);
      const served = { session, server, request: arm };
      const { measured, reading } = await measureFresh(served, arm.rows);
      const body = bodies.get(sizeOf(arm)) ?? (await countBody(served, arm));
      bodies.set(sizeOf(arm), body);
      requireSameBody(`${arm.base} with ${rows} rows`, reading, body);
      return { ...measured, rows: body.rows, rows_per_s: body.rows / Number(measured.total_s) };
    });
  }
}

/**
 * The body of a size, its rows counted, from an untimed export.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it does not have the rows that were asked for
 */
async function countBody(served: ServedExport, arm: ScalingArm): Promise<ExpectedBody> {
  const { bodyBytes, crc32, content } = await readWhole(served, { check: true, checksum: true });
  const rows = (content?.records ?? 0) - (arm.body.headerRecords ?? 1);
  if (rows !== arm.rows) {
    const whose = arm.target.isStreamCsv ? arm.base : arm.target.name;
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `${whose} gave ${rows} rows where ${arm.rows} were asked for.`,
    );
  }
  return { ...arm.body, rows, bytes: bodyBytes, crc32: crc32 ?? 0 };
}
