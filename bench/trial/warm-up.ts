import type { RunningTarget } from "../target/target.ts";
import { readWhole, type ExportRequest, type Session } from "./session.ts";

const fewestRows = 1000;
const mostRows = 10_000;

/**
 * The fixed warm-up of a fresh server: one export of the same delivery with a tenth of the rows, at least 1,000 and
 * at most 10,000, so that code is compiled and lasting memory taken before anything is timed. A `file` export is
 * made whole, so that its file is prepared outside of the timing, as it is for whoever asks second.
 */
export async function warmUp(session: Session, server: RunningTarget, request: ExportRequest): Promise<void> {
  await readWhole(session, server, { ...request, rows: warmUpRows(request) });
}

function warmUpRows({ delivery, rows }: ExportRequest): number {
  if (delivery === "file") return rows;
  return Math.min(rows, mostRows, Math.max(fewestRows, Math.round(rows / 10)));
}
