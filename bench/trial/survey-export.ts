import { findExport } from "../target/find-export.ts";
import { compareContents, readContents, type IntegrityFindings } from "./check-integrity.ts";
import { withServer, type Delivery, type Session } from "./session.ts";
import { sizeExport } from "./size-export.ts";

/** What is to be found out before anything is timed. */
export interface SurveyOptions {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
  readonly deliveries: readonly Delivery[];
  /** Rows of a timed export; null to choose them so that it takes `armSeconds`. */
  readonly rows: number | null;
  readonly armSeconds: number;
  /** The most bytes of a body whose rows are chosen here. */
  readonly mostBytes: number;
}

/** What was found. */
export interface Survey {
  readonly session: Session;
  /** Rows of a timed export. */
  readonly rows: number;
  /** Rows there are at most; null when there are as many as are asked for, or nobody knows. */
  readonly availableRows: number | null;
  /** Streamed at full speed by a warm server. */
  readonly rowsPerSecond: number;
  readonly findings: IntegrityFindings;
}

/** Finds the export, chooses its size, and checks that all deliveries give the same bytes, all on one server. */
export function surveyExport(
  base: Omit<Session, "exportName">,
  options: SurveyOptions,
  report: (label: string) => void,
): Promise<Survey> {
  report("looking for the export");
  return withServer(base, async (server) => {
    const found = await findExport(server, options, base.signal);
    const session: Session = { ...base, exportName: found.name };
    // A generated export tells the rows it has by default, and gives as many as are asked for.
    const isGenerated = options.sourceFile === null;
    const availableRows = isGenerated ? null : found.rows;
    report("sizing the export");
    const size = await sizeExport(session, server, { ...options, availableRows });
    const rows = Math.min(options.rows ?? size.rows, availableRows ?? Number.POSITIVE_INFINITY);
    report("checking the bytes");
    const contents = await readContents(session, server, options.deliveries, rows);
    const expectedRows = isGenerated || availableRows !== null ? rows : null;
    const findings = compareContents(contents, expectedRows);
    return { session, rows, availableRows, rowsPerSecond: size.rowsPerSecond, findings };
  });
}
