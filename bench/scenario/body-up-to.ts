import { bytesPerRow, type ExpectedBody, type PlannedArm } from "../session/arm.ts";
import { readWhole, withServer, type Session } from "../session/session.ts";

/** The size of a body of as many rows, or of all there are. How many there are is looked up where it isn't known. */
export async function bodyUpTo(
  session: Session,
  arm: PlannedArm,
  rows: number,
): Promise<Pick<ExpectedBody, "rows" | "bytes">> {
  const { availableRows, body, promisesRows, target } = arm;
  const sized = (count: number) => ({ rows: count, bytes: Math.round(count * bytesPerRow(arm)) });
  if (!target.takesRows || rows <= body.rows) return sized(Math.min(rows, body.rows));
  if (availableRows !== null) return sized(Math.min(rows, availableRows));
  // The survey asked for more rows than it was given.
  if (body.rows < arm.rows) return body;
  // A generated export has as many rows as it is asked for. Anything else is read once to see.
  if (target.isStreamCsv && promisesRows) return sized(rows);
  return withServer({ ...session, target, rows }, async (server) => {
    const served = { session, server, request: { delivery: arm.delivery, rows } };
    const { bodyBytes, content } = await readWhole(served, { check: true });
    return { rows: (content?.records ?? 0) - (body.headerRecords ?? 1), bytes: bodyBytes };
  });
}
