import { formatCount } from "../../../src/ground.ts";
import type { MeasuredDelivery } from "../../result/measured-delivery.ts";
import type { Check, CheckedBody, Integrity } from "../../result/result.ts";
import { findOfferedExport } from "../../subject/find-offered-export.ts";
import type { Subject } from "../../subject/subject.ts";
import type { Target } from "../../subject/target.ts";
import type { TargetFacts } from "../arm.ts";
import { unreportedMetrics } from "./unreported-metrics.ts";
import { withServer, type Session } from "../session.ts";
import { compareBodies, readDeliveries, type BodyFindings } from "./check-integrity.ts";
import { sizeExport, type ExportSize } from "./size-export.ts";
import { sizeForeign, type ForeignSize } from "./size-foreign.ts";
import { surveyForeign } from "./survey-foreign.ts";
import { surveyVersion } from "./survey-version.ts";
import type { Reference, TargetSurvey } from "./target-survey.ts";

/** Makes the rows of an export without any server and returns their SHA-256; null when it can't. */
export type MakeReference = (
  wanted: { readonly exportName: string; readonly sourceFile: string | null; readonly rows: number },
  signal: AbortSignal,
) => Promise<string | null>;

/** What to find out before anything is timed. */
export interface SurveyOptions {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
  /** The configuration that has the export; "none" or null for another export. */
  readonly configuration: string | null;
  /** Rows of a timed export; null to choose them so that it takes the slowest subject `armSeconds`. */
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
interface OwnSurvey extends TargetSurvey, Pick<Survey, "integrity"> {
  readonly bodies: readonly CheckedBody[];
  /** What the bodies of other targets are compared with. */
  readonly reference: Reference;
}

/** Our own server, sized. */
interface SizedOwn extends ExportSize {
  readonly exportName: string;
  readonly availableRows: number | null;
}

type Report = (label: string) => void;

const nothingEqual: Integrity = { bytes: null, rows: null, sha256: null, equal: null };

/**
 * Finds the exports, chooses their size, and checks what is served: all our deliveries give the same bytes, equal to those
 * made here without a server, and every other target gives the same twice. The slowest subject decides the size, and none
 * is asked for more rows than it has. Other targets come first, because a wrong address should be reported at once.
 */
export async function surveySubjects(
  base: Omit<Session, "exportName">,
  subjects: readonly Subject[],
  options: SurveyOptions,
  report: Report,
): Promise<Survey> {
  const startedMs = base.clock.nowMs();
  const all = withControls(subjects);
  const foreign = all.filter(({ target }) => !target.isStreamCsv).map(({ target }) => target);
  const ours = all.filter(({ target }) => target.isStreamCsv);
  const [own, ...versions] = ours;
  const unnamed: Session = { ...base, exportName: options.exportName ?? "" };

  const sizes = new Map<Target, ForeignSize>();
  for (const target of options.rows === null ? foreign.filter(({ takesRows }) => takesRows) : []) {
    report(`sizing the export of ${target.name}`);
    sizes.set(target, await sizeForeign(unnamed, target, options));
  }
  const sized = own === undefined ? null : await sizeOwn(base, own.target, options, report);
  const rows = Math.min(
    options.rows ??
      Math.min(sized?.rows ?? Number.POSITIVE_INFINITY, ...[...sizes.values()].map((size) => size.rows)),
    sized?.availableRows ?? Number.POSITIVE_INFINITY,
  );
  const session: Session = { ...base, exportName: sized?.exportName ?? unnamed.exportName };
  // Targets that give what they have need no number.
  const asked = Number.isFinite(rows) ? rows : 1;

  const surveys = new Map<Target, TargetSurvey>();
  let reference: Reference | null = null;
  let integrity: Integrity = nothingEqual;
  const checked: CheckedBody[] = [];
  if (own !== undefined && sized !== null) {
    const survey: OwnSurvey = await surveyOwn(session, own, { ...options, rows: asked, sized }, report);
    surveys.set(own.target, survey);
    ({ reference, integrity } = survey);
    checked.push(...survey.bodies);
    for (const { target, deliveries } of survey.faults.length === 0 ? versions : []) {
      report(`checking the bytes of ${target.name}`);
      const question = { deliveries, rows: asked, reference: survey.reference, facts: survey.facts };
      surveys.set(target, await surveyVersion(session, target, question));
    }
  }
  for (const target of faultless(surveys) ? foreign : []) {
    report(`checking the bytes of ${target.name}`);
    const availableRows = sizes.get(target)?.availableRows ?? target.mostRows ?? null;
    const isControl = subjects.some(({ control }) => control === target);
    const question = { rows: asked, reference, availableRows, isControl };
    const survey = await surveyForeign(session, target, question);
    surveys.set(target, survey);
    const { bytes, rows: given, sha256, equality } = survey.body;
    if (integrity === nothingEqual && survey.faults.length === 0) {
      integrity = { bytes, rows: given, sha256: equality === "rows" ? null : sha256, equal: true };
    }
    reference ??= { name: target.name, bytes, rows: given, sha256 };
    if (!isControl) checked.push(checkedBody(target.name, survey.body, survey.facts));
    if (survey.faults.length > 0) break;
  }
  const found = [...surveys.values()];
  return {
    session,
    startedMs,
    rows: Number.isFinite(rows) ? rows : (integrity.rows ?? 1),
    facts: new Map([...surveys].map(([target, { facts }]) => [target, facts])),
    integrity: { ...integrity, bodies: checked },
    checks: found.flatMap(({ checks }) => checks),
    faults: found.flatMap(({ faults }) => faults),
    notes: [...refusalNotes(sizes), ...found.flatMap(({ notes }) => notes)],
  };
}

function checkedBody(
  name: string,
  { rows, columns, bytes, sha256, equality }: BodyFindings,
  { isWhole = false }: Pick<TargetFacts, "isWhole">,
): CheckedBody {
  return { name, rows, columns, bytes, sha256: equality === "rows" ? null : sha256, whole: isWhole };
}

/** Which targets are asked for fewer rows than their speed allows, and why. */
function refusalNotes(sizes: ReadonlyMap<Target, ForeignSize>): readonly string[] {
  return [...sizes].flatMap(([{ name }, { rows, refused }]) =>
    refused === null
      ? []
      : [
          `${name} answered ${refused.statusCode} when it was asked for ${formatCount(refused.rows)} rows, so it is asked for at most ${formatCount(rows)}. --rows asks for another number.`,
        ],
  );
}

function faultless(surveys: ReadonlyMap<Target, TargetSurvey>): boolean {
  return [...surveys.values()].every(({ faults }) => faults.length === 0);
}

/** Every target in order: the control of a subject right after it. */
function withControls(subjects: readonly Subject[]): readonly Pick<Subject, "target" | "deliveries">[] {
  return subjects.flatMap(({ target, deliveries, control }) => [
    { target, deliveries },
    ...(control === null ? [] : [{ target: control, deliveries }]),
  ]);
}

/** Whether an export has as many rows as it is asked for. */
function isGenerated({
  sourceFile,
  configuration,
}: Pick<SurveyOptions, "sourceFile" | "configuration">): boolean {
  return sourceFile === null && (configuration === null || configuration === "none");
}

/** Finds the export on our own server, and how fast it comes. */
function sizeOwn(
  base: Omit<Session, "exportName">,
  target: Target,
  options: SurveyOptions,
  report: Report,
): Promise<SizedOwn> {
  return withServer({ target, signal: base.signal, rows: options.rows ?? 0 }, async (server) => {
    const found = await findOfferedExport(server, options, base.signal);
    const session: Session = { ...base, exportName: found.name };
    // A generated export reports its default number of rows, and gives as many as it is asked for.
    const availableRows = isGenerated(options) ? null : found.rows;
    report("sizing the export");
    const size = await sizeExport(session, server, { ...options, availableRows });
    return { ...size, exportName: found.name, availableRows };
  });
}

function surveyOwn(
  session: Session,
  { target, deliveries }: Pick<Subject, "target" | "deliveries">,
  {
    rows,
    sourceFile,
    configuration,
    makeReference,
    sized,
  }: Pick<SurveyOptions, "sourceFile" | "configuration" | "makeReference"> & {
    readonly rows: number;
    readonly sized: SizedOwn;
  },
  report: Report,
): Promise<OwnSurvey> {
  const { exportName, availableRows, rowsPerSecond } = sized;
  return withServer({ ...session, target, rows }, async (server) => {
    report("checking the bytes");
    const named = deliveries.filter((delivery): delivery is MeasuredDelivery => delivery !== null);
    const bodies = await readDeliveries(session, server, { deliveries: named, rows });
    const isMadeOnDemand = isGenerated({ sourceFile, configuration });
    const promisesRows = isMadeOnDemand || availableRows !== null;
    const sha256 = await makeReference({ exportName, sourceFile, rows }, session.signal);
    const unreported = await unreportedMetrics(server, session.signal);
    const [body] = bodies;
    if (body === undefined) throw new Error("there is no delivery to survey");
    const isWhole = !isMadeOnDemand && (body.rows < rows || body.rows === availableRows);
    return {
      facts: {
        body,
        exportSeconds: rows / rowsPerSecond,
        rowsPerSecond,
        availableRows,
        promisesRows,
        isWhole,
        unreported,
      },
      bodies: bodies.map((one) => checkedBody(one.whose, one, { isWhole })),
      reference: { name: "ours", rows: body.rows, bytes: body.bytes, sha256: body.sha256 },
      ...compareBodies(bodies, { rows: promisesRows ? rows : null, sha256 }),
      notes: [],
    };
  });
}
