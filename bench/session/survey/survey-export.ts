import type { Check, Integrity } from "../../result/schema.ts";
import { findOfferedExport } from "../../subject/find-offered-export.ts";
import type { Target } from "../../subject/target.ts";
import type { ExpectedBody } from "../arm.ts";
import { compareBodies, readDeliveries, type BodyFindings } from "./check-integrity.ts";
import { withServer, type Delivery, type Session } from "../session.ts";
import { sizeExport } from "./size-export.ts";
import { surveyForeign, surveyVersion, type TargetSurvey } from "./survey-target.ts";

/** Makes the rows of an export without any server, and gives their SHA-256; null when it can't. */
export type MakeReference = (
  wanted: { readonly exportName: string; readonly sourceFile: string | null; readonly rows: number },
  signal: AbortSignal,
) => Promise<string | null>;

/** What is to be found out before anything is timed. */
export interface SurveyOptions {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
  readonly deliveries: readonly Delivery[];
  /** What takes part beside our server. */
  readonly others: readonly Target[];
  /** Rows of a timed export; null to choose them so that it takes `armSeconds`. */
  readonly rows: number | null;
  readonly armSeconds: number;
  /** The most bytes of a body whose rows are chosen here. */
  readonly mostBytes: number;
  readonly makeReference: MakeReference;
}

/** What was found. */
export interface Survey {
  readonly session: Session;
  /** Rows of a timed export. */
  readonly rows: number;
  /** Rows there are at most; null when there are as many as are asked for, or nobody knows. */
  readonly availableRows: number | null;
  /** Whether our export has all the rows that are asked for, as far as there are as many; else nobody knows. */
  readonly promisesRows: boolean;
  /** Streamed at full speed by a warm server. */
  readonly rowsPerSecond: number;
  readonly bodies: ReadonlyMap<Target, ExpectedBody>;
  /** Seconds an export took, by the target's name. */
  readonly exportSeconds: ReadonlyMap<string, number>;
  readonly integrity: Integrity;
  readonly checks: readonly Check[];
  readonly faults: readonly string[];
  readonly notes: readonly string[];
}

/** What our server was found to give. */
interface OwnSurvey extends Pick<
  Survey,
  "session" | "rows" | "availableRows" | "rowsPerSecond" | "integrity" | "checks" | "faults"
> {
  readonly body: BodyFindings;
  readonly expectedRows: number | null;
}

/**
 * Finds the export, chooses its size, and checks what is served: all our deliveries give the same bytes, which are
 * those that are made here without a server; and each other target gives the same twice.
 */
export async function surveyExport(
  base: Omit<Session, "exportName">,
  options: SurveyOptions,
  report: (label: string) => void,
): Promise<Survey> {
  const own = await surveyOwn(base, options, report);
  const bodies = new Map<Target, ExpectedBody>([[base.target, own.body]]);
  const exportSeconds = new Map([[base.target.name, own.rows / own.rowsPerSecond]]);
  const others: TargetSurvey[] = [];
  for (const target of own.faults.length === 0 ? options.others : []) {
    report(`checking the bytes of ${target.name}`);
    const { session, rows, expectedRows, body: ours } = own;
    const survey = target.isStreamCsv
      ? await surveyVersion(session, target, { ...options, rows, expectedRows, ours })
      : await surveyForeign(session, target, rows, ours);
    others.push(survey);
    bodies.set(target, survey.body);
    exportSeconds.set(target.name, survey.seconds);
  }
  const { session, rows, availableRows, rowsPerSecond, integrity } = own;
  return {
    session,
    rows,
    availableRows,
    promisesRows: own.expectedRows !== null,
    rowsPerSecond,
    integrity,
    bodies,
    exportSeconds,
    checks: [...own.checks, ...others.flatMap(({ checks }) => checks)],
    faults: [...own.faults, ...others.flatMap(({ faults }) => faults)],
    notes: others.flatMap(({ notes }) => notes),
  };
}

function surveyOwn(
  base: Omit<Session, "exportName">,
  options: SurveyOptions,
  report: (label: string) => void,
): Promise<OwnSurvey> {
  return withServer({ ...base, rows: options.rows ?? 0 }, async (server) => {
    const found = await findOfferedExport(server, options, base.signal);
    const session: Session = { ...base, exportName: found.name };
    // A generated export tells the rows it has by default, and gives as many as are asked for.
    const isGenerated = options.sourceFile === null;
    const availableRows = isGenerated ? null : found.rows;
    report("sizing the export");
    const size = await sizeExport(session, server, { ...options, availableRows });
    const rows = Math.min(options.rows ?? size.rows, availableRows ?? Number.POSITIVE_INFINITY);
    report("checking the bytes");
    const bodies = await readDeliveries(session, server, { ...options, rows });
    const expectedRows = isGenerated || availableRows !== null ? rows : null;
    const wanted = { exportName: found.name, sourceFile: options.sourceFile, rows };
    const sha256 = await options.makeReference(wanted, base.signal);
    const [body] = bodies;
    if (body === undefined) throw new Error("there is no delivery to survey");
    const { rowsPerSecond } = size;
    const findings = compareBodies(bodies, { rows: expectedRows, sha256 });
    return { session, rows, availableRows, rowsPerSecond, body, expectedRows, ...findings };
  });
}
