import { readWhole, withServer, type Session } from "./session.ts";

/** How large an export should be. */
export interface SizeOptions {
  /** How long a streamed export should take at full speed. */
  readonly armSeconds: number;
  /** Rows the export has; null when unknown or when it gives as many as are asked for. */
  readonly availableRows: number | null;
  /** The most bytes a body may have, since the buffered delivery holds it whole. */
  readonly mostBytes: number;
}

/** What sizing found. */
export interface ExportSize {
  readonly rows: number;
  /** Streamed at full speed by a warm server. */
  readonly rowsPerSecond: number;
  readonly bytesPerRow: number;
}

const firstRows = 5000;
/** Asking for four times as many rows each time, so that few of them go by before the time can be told. */
const growth = 4;
const enoughSeconds = 0.12;

/** Measures once how fast a streamed export comes, and chooses its rows so that it takes about as long as wanted. */
export function sizeExport(session: Session, options: SizeOptions): Promise<ExportSize> {
  return withServer(session, async (server) => {
    for (let asked = firstRows; ; asked *= growth) {
      const rows = Math.min(asked, options.availableRows ?? asked);
      const reading = await readWhole(session, server, { delivery: "streaming", rows });
      const seconds = reading.totalMs / 1000;
      const bytesPerRow = reading.bodyBytes / Math.max(1, rows);
      const isAll = rows < asked;
      const isLargest = reading.bodyBytes * growth > options.mostBytes;
      if (seconds >= enoughSeconds || isAll || isLargest) {
        const rowsPerSecond = rows / seconds;
        const fitting = Math.min(
          rowsPerSecond * options.armSeconds,
          options.mostBytes / bytesPerRow,
          options.availableRows ?? Number.POSITIVE_INFINITY,
        );
        return { rows: isAll ? rows : roundedDown(fitting), rowsPerSecond, bytesPerRow };
      }
    }
  });
}

/** Two significant digits: sizes are easier to read and to ask for again. */
function roundedDown(rows: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rows)) - 1);
  return Math.floor(rows / unit) * unit;
}
