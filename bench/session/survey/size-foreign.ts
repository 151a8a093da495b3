import { StreamCsvError } from "../../../src/ground.ts";
import type { RunningTarget, Target } from "../../subject/target.ts";
import { withServer, type Session } from "../session.ts";
import { hintForAnswer, problemOf, readBody, type BodyFindings } from "./check-integrity.ts";
import { roundedDown, type ExportSize, type SizeOptions } from "./size-export.ts";

const firstRows = 1000;
const growth = 4;
/** An export that takes as long shows how fast its server is. */
const enoughSeconds = 0.15;
/** A faster one may have waited for something else, so it is read again. */
const surelyEnoughSeconds = 1;

/** How large an export of another server should be, and the most rows it has. */
export interface ForeignSize extends ExportSize {
  /** null when it gave as many as it was asked for. */
  readonly availableRows: number | null;
  /** What it answered when it was asked for too many rows; null when that didn't happen. */
  readonly refused: { readonly rows: number; readonly statusCode: number } | null;
}

/** How servers say that they don't give so many rows at once. */
const tooMany: ReadonlySet<number> = new Set([400, 413, 416, 422]);

/**
 * Measures how fast another server gives the rows that it is asked for, and chooses as many as take about as long as
 * wanted. A server that has fewer gives all of them, and one that refuses a number is asked for the last one that it gave.
 * One that has to know the rows when it starts is started for each size.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it answers something that isn't rows
 */
export async function sizeForeign(
  session: Session,
  target: Target,
  { armSeconds, mostBytes }: Omit<SizeOptions, "availableRows">,
): Promise<ForeignSize> {
  const read = (server: RunningTarget, rows: number): Promise<BodyFindings> =>
    readBody({ session, server, request: { delivery: null, rows } }, target.name);
  const withFresh = <T>(rows: number, use: (server: RunningTarget) => Promise<T>): Promise<T> =>
    withServer({ ...session, target, rows }, use);
  const most = target.mostRows ?? Number.POSITIVE_INFINITY;
  const grow = async (next: (rows: number) => Promise<BodyFindings>): Promise<ForeignSize> => {
    let last: Omit<ForeignSize, "refused"> | null = null;
    for (let asked = firstRows; ; asked *= growth) {
      const rows = Math.min(asked, most);
      const body = await next(rows);
      const { statusCode } = body;
      if (last !== null && tooMany.has(statusCode)) return { ...last, refused: { rows, statusCode } };
      requireRows(body);
      const given = rowsGiven(body, rows);
      const bytesPerRow = body.bytes / Math.max(1, given);
      const isLast = given < rows || rows === most || body.bytes * growth > mostBytes;
      const isDoubtful = body.seconds >= enoughSeconds && body.seconds < surelyEnoughSeconds;
      const again = isDoubtful ? await next(rows) : body;
      requireRows(again);
      const seconds = Math.min(body.seconds, again.seconds);
      const rowsPerSecond = given / Math.max(0.001, seconds);
      last = { rowsPerSecond, bytesPerRow, rows, availableRows: rows };
      if (seconds < enoughSeconds && !isLast) continue;
      const availableRows = given < rows ? given : rows === most ? most : null;
      const wanted = roundedDown(Math.min(rowsPerSecond * armSeconds, mostBytes / bytesPerRow));
      const chosen = Math.max(1, Math.min(wanted, availableRows ?? most));
      const size = { rowsPerSecond, bytesPerRow, refused: null };
      if (chosen <= rows) return { ...size, rows: chosen, availableRows };
      // It may have fewer than that, or refuse so many.
      const larger = await next(chosen);
      if (tooMany.has(larger.statusCode))
        return { ...last, refused: { rows: chosen, statusCode: larger.statusCode } };
      requireRows(larger);
      const all = rowsGiven(larger, chosen);
      const isAll = all < chosen || chosen === most;
      return { ...size, rows: Math.max(1, all), availableRows: isAll ? all : null };
    }
  };
  if (target.needsRowsAtStart === true) {
    return await grow((rows) =>
      withFresh(rows, async (server) => {
        // The first one is slow, as below. What it gives is checked in the second.
        await read(server, rows);
        return await read(server, rows);
      }),
    );
  }
  return await withFresh(firstRows, async (server) => {
    // The first one is slow, because no code is compiled yet.
    requireRows(await read(server, Math.min(firstRows, most)));
    return await grow((rows) => read(server, rows));
  });
}

/** A header is not known yet, so one record more than the rows is taken for one. */
function rowsGiven({ records, hasHeader }: BodyFindings, asked: number): number {
  return records >= asked ? asked : Math.max(0, records - (hasHeader === false ? 0 : 1));
}

/** @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` for an answer that isn't rows */
function requireRows(body: BodyFindings): void {
  const [problem] = problemOf(body);
  if (problem !== undefined)
    throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", problem, { hint: hintForAnswer });
}
