import type { RunningTarget } from "../../subject/target.ts";
import { readWhole, type Session } from "../session.ts";

/** How large an export should be. */
export interface SizeOptions {
  /** How long a streamed export should take at full speed. */
  readonly armSeconds: number;
  /** Rows the export has; null when they are not known, or when it gives as many as it is asked for. */
  readonly availableRows: number | null;
  /** The most bytes a body may have, because the buffered delivery holds it whole. */
  readonly mostBytes: number;
}

/** What sizing found. */
export interface ExportSize {
  readonly rows: number;
  /** Streamed at full speed by a warm server. */
  readonly rowsPerSecond: number;
  readonly bytesPerRow: number;
}

const warmUpRows = 20_000;
const firstRows = 10_000;
/** Rows are doubled until an export takes long enough to be timed. */
const growth = 2;
const enoughSeconds = 0.15;

/** Measures how fast a streamed export comes, and chooses its rows so that it takes about as long as wanted. */
export async function sizeExport(
  session: Session,
  server: RunningTarget,
  options: SizeOptions,
): Promise<ExportSize> {
  const availableRows = options.availableRows ?? Number.POSITIVE_INFINITY;
  const read = async (rows: number): Promise<{ seconds: number; bytes: number }> => {
    const { totalMs, bodyBytes } = await readWhole({
      session,
      server,
      request: { delivery: "streaming", rows },
    });
    return { seconds: totalMs / 1000, bytes: bodyBytes };
  };
  // The first one is slow, because no code is compiled yet.
  await read(Math.min(warmUpRows, availableRows));
  let lastBytes = -1;
  for (let asked = firstRows; ; asked *= growth) {
    const rows = Math.min(asked, availableRows);
    const { seconds, bytes } = await read(rows);
    // Twice the rows gave no more bytes: there are no more rows.
    const isLast = rows < asked || bytes * growth > options.mostBytes || bytes === lastBytes;
    lastBytes = bytes;
    if (seconds < enoughSeconds && !isLast) continue;
    const rowsPerSecond = rows / seconds;
    const bytesPerRow = bytes / Math.max(1, rows);
    const wanted = Math.min(rowsPerSecond * options.armSeconds, options.mostBytes / bytesPerRow);
    return {
      rows: wanted < availableRows ? roundedDown(wanted) : availableRows,
      rowsPerSecond,
      bytesPerRow,
    };
  }
}

/** Two significant digits, which are easy to read and to type. */
export function roundedDown(rows: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rows)) - 1);
  return Math.floor(rows / unit) * unit;
}
