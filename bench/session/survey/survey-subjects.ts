import type { Delivery } from "../../../src/ground.ts";
import type { Check, Integrity } from "../../result/schema.ts";
import { findOfferedExport } from "../../subject/find-offered-export.ts";
import type { Subject } from "../../subject/subject.ts";
import type { Target } from "../../subject/target.ts";
import type { TargetFacts } from "../arm.ts";
import { withServer, type Session } from "../session.ts";
import { compareBodies, readDeliveries } from "./check-integrity.ts";
import { sizeExport } from "./size-export.ts";
import { surveyForeign, surveyVersion, type Reference, type TargetSurvey } from "./survey-target.ts";

/** Makes the rows of an export without any server and returns their SHA-256; null when it can't. */
export type MakeReference = (
  wanted: { readonly exportName: string; readonly sourceFile: string | null; readonly rows: number },
  signal: AbortSignal,
) => Promise<string | null>;

/** What to find out before anything is timed. */
export interface SurveyOptions {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
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
  /** When it began, by the session's clock. */
  readonly startedMs: number;
  /** Rows of a timed export. */
  readonly rows: number;
  /** What is known of each target; when there are faults, some may be missing. */
  readonly facts: ReadonlyMap<Target, TargetFacts>;
  readonly integrity: Integrity;
  readonly checks: readonly Check[];
  /** What is wrong, one sentence each: nothing may be timed then. */
  readonly faults: readonly string[];
  /** What is not wrong, but limits what can be compared. */
  readonly notes: readonly string[];
}

/** What our own server was found to give. */
interface OwnSurvey extends TargetSurvey, Pick<Survey, "session" | "rows" | "integrity"> {
  /** What the bodies of other targets are compared with. */
  readonly reference: Reference;
}

/**
 * Finds the export, chooses its size, and checks what is served: all our deliveries give the same bytes, equal to those
 * made here without a server, and every other target gives the same bytes twice.
 * @param subjects our own server first: it sizes the export, and the others are compared with it
 */
export async function surveySubjects(
  { clock, signal }: Pick<Session, "clock" | "signal">,
  subjects: readonly Subject[],
  options: SurveyOptions,
  report: (label: string) => void,
): Promise<Survey> {
  const startedMs = clock.nowMs();
  const [first] = subjects;
  if (first === undefined) throw new Error("there is nothing to survey");
  const own = await surveyOwn({ clock, signal }, first, options, report);
  const { session, rows, reference, integrity } = own;
  const surveys = new Map<Target, TargetSurvey>([[first.target, own]]);
  for (const { target, deliveries } of own.faults.length === 0 ? remaining(subjects) : []) {
    report(`checking the bytes of ${target.name}`);
    const survey = target.isStreamCsv
      ? await surveyVersion(session, target, { deliveries, rows, reference, facts: own.facts })
      : await surveyForeign(session, target, rows, reference);
    surveys.set(target, survey);
  }
  const all = [...surveys.values()];
  return {
    session,
    startedMs,
    rows,
    facts: new Map([...surveys].map(([target, { facts }]) => [target, facts])),
    integrity,
    checks: all.flatMap(({ checks }) => checks),
    faults: all.flatMap(({ faults }) => faults),
    notes: all.flatMap(({ notes }) => notes),
  };
}

/** Every target but the first, in order: the control of a subject right after it. */
function remaining(subjects: readonly Subject[]): readonly Pick<Subject, "target" | "deliveries">[] {
  const all = subjects.flatMap(({ target, deliveries, control }) => [
    { target, deliveries },
    ...(control === null ? [] : [{ target: control, deliveries }]),
  ]);
  return all.slice(1);
}

function surveyOwn(
  { clock, signal }: Pick<Session, "clock" | "signal">,
  { target, deliveries }: Subject,
  options: SurveyOptions,
  report: (label: string) => void,
): Promise<OwnSurvey> {
  return withServer({ target, signal, rows: options.rows ?? 0 }, async (server) => {
    const found = await findOfferedExport(server, options, signal);
    const session: Session = { exportName: found.name, clock, signal };
    // A generated export reports its default number of rows, and gives as many as it is asked for.
    const isGenerated = options.sourceFile === null;
    const availableRows = isGenerated ? null : found.rows;
    report("sizing the export");
    const size = await sizeExport(session, server, { ...options, availableRows });
    const rows = Math.min(options.rows ?? size.rows, availableRows ?? Number.POSITIVE_INFINITY);
    report("checking the bytes");
    const named = deliveries.filter((delivery): delivery is Delivery => delivery !== null);
    const bodies = await readDeliveries(session, server, { deliveries: named, rows });
    const promisesRows = isGenerated || availableRows !== null;
    const wanted = { exportName: found.name, sourceFile: options.sourceFile, rows };
    const sha256 = await options.makeReference(wanted, signal);
    const [body] = bodies;
    if (body === undefined) throw new Error("there is no delivery to survey");
    const { rowsPerSecond } = size;
    const expectedRows = promisesRows ? rows : null;
    return {
      session,
      rows,
      facts: { body, exportSeconds: rows / rowsPerSecond, rowsPerSecond, availableRows, promisesRows },
      reference: { rows: body.rows, bytes: body.bytes, sha256: body.sha256 },
      ...compareBodies(bodies, { rows: expectedRows, sha256 }),
      notes: [],
    };
  });
}
