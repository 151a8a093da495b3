import { formatCount, type Delivery } from "../../../src/ground.ts";
import { canSampleProcesses } from "../../probe/process-tree.ts";
import type { Check } from "../../result/schema.ts";
import type { Subject } from "../../subject/subject.ts";
import type { RunningTarget, Target } from "../../subject/target.ts";
import type { TargetFacts } from "../arm.ts";
import { readWhole, withServer, type Session } from "../session.ts";
import {
  compareBodies,
  faultsOf,
  integrityCheck,
  readBody,
  readDeliveries,
  rowsAmong,
  type BodyFindings,
} from "./check-integrity.ts";

/** What is found out about one target before anything is timed. */
export interface TargetSurvey {
  readonly facts: TargetFacts;
  readonly checks: readonly Check[];
  /** What is wrong: nothing may be timed then. */
  readonly faults: readonly string[];
  /** What is not wrong, but limits what can be compared. */
  readonly notes: readonly string[];
}

/** The body of our own server, which others are compared with. */
export interface Reference {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Checks another server by itself, untimed: the status, a clean end, the rows where it takes them, and that the same
 * request gives the same bytes twice. Bytes that differ from ours are a note. Bytes that change from request to request
 * are a fault, because then no timed body could be known to be whole.
 */
export function surveyForeign(
  session: Session,
  target: Target,
  rows: number,
  ours: Reference,
): Promise<TargetSurvey> {
  const { name, takesRows } = target;
  return withServer({ ...session, target, rows }, async (server) => {
    const served = { session, server, request: { delivery: null, rows } };
    const first = await readBody(served, name);
    if (first.statusCode !== 200) return refusal(first);
    const second = await readBody(served, name);
    const header = first.hasHeader ?? (takesRows ? await hasHeader(session, server) : null);
    const body = withRows(first, header, takesRows ? rows : null);
    const checks: Check[] = [
      integrityCheck(first, "status", first.statusCode, 200),
      ...(takesRows ? [integrityCheck(first, "rows", body.rows, rows)] : []),
      integrityCheck(first, "bytes_again", second.bytes, first.bytes),
      integrityCheck(first, "sha256_again", second.sha256, first.sha256),
    ];
    return {
      facts: foreignFacts(body, takesRows),
      checks,
      faults: faultsOf([first], checks),
      notes: [...notesOf(name, body, ours), ...missingProbes(name, server)],
    };
  });
}

/** Checks another version of our server as ours is checked: every delivery gives the same bytes, and all rows. */
export function surveyVersion(
  session: Session,
  target: Target,
  {
    deliveries,
    rows,
    reference,
    facts,
  }: Pick<Subject, "deliveries"> & {
    readonly rows: number;
    readonly reference: Reference;
    /** What is known of our own version. */
    readonly facts: TargetFacts;
  },
): Promise<TargetSurvey> {
  return withServer({ ...session, target, rows }, async (server) => {
    const named = deliveries.filter((delivery): delivery is Delivery => delivery !== null);
    const bodies = await readDeliveries(session, server, {
      deliveries: named,
      rows,
      prefix: `${target.name}.`,
    });
    const expectedRows = facts.promisesRows ? rows : null;
    const { checks, faults } = compareBodies(bodies, { rows: expectedRows, sha256: null });
    const [body] = bodies;
    const [delivery] = named;
    if (body === undefined || delivery === undefined) throw new Error("there is no delivery to survey");
    const notes = notesOf(target.name, body, reference);
    if (faults.length > 0) {
      return { facts: { ...facts, body, exportSeconds: body.seconds }, checks, faults, notes };
    }
    // The checked one was the first of its server, and hashed. A warm one decides how many fit into a round.
    const { totalMs } = await readWhole({ session, server, request: { delivery, rows } });
    return { facts: { ...facts, body, exportSeconds: totalMs / 1000 }, checks, faults, notes };
  });
}

function refusal(body: BodyFindings): TargetSurvey {
  const checks = [integrityCheck(body, "status", body.statusCode, 200)];
  return { facts: foreignFacts(body, false), checks, faults: faultsOf([body], checks), notes: [] };
}

function foreignFacts(body: BodyFindings, takesRows: boolean): TargetFacts {
  return {
    body,
    exportSeconds: body.seconds,
    rowsPerSecond: body.rows / Math.max(0.001, body.seconds),
    availableRows: takesRows ? null : body.rows,
    promisesRows: true,
  };
}

/** Whether an export of one row has a second record; null when the address does not say how many rows to give. */
async function hasHeader(session: Session, server: RunningTarget): Promise<boolean | null> {
  const url = (rows: number): string => server.exportUrl(session.exportName, { delivery: null, rows }).href;
  if (url(1) === url(2)) return null;
  const single = await readBody({ session, server, request: { delivery: null, rows: 1 } }, "");
  return single.records > 1;
}

/** The body with its rows counted. When it is not known whether there is a header, the number of rows that was asked for decides. */
function withRows(body: BodyFindings, isFirstHeader: boolean | null, wanted: number | null): BodyFindings {
  return { ...body, ...rowsAmong(body.records, isFirstHeader ?? body.records !== wanted) };
}

function notesOf(name: string, body: BodyFindings, ours: Reference): readonly string[] {
  if (body.sha256 === ours.sha256) return [];
  const size = `${formatCount(body.rows)} rows in ${formatCount(body.bytes)} bytes`;
  const own = `${formatCount(ours.rows)} in ${formatCount(ours.bytes)}`;
  const notes = [`${name} gives other bytes than ours: ${size}, ours ${own}.`];
  if (body.rows !== ours.rows) {
    notes.push(
      `${name} is not compared with the buffered delivery, because it has other rows; ${body.rows > 0 ? `--rows ${body.rows} gives ours as many` : "it has none"}.`,
    );
  }
  return notes;
}

/** What a server does not report, and what the report therefore leaves out. */
function missingProbes(name: string, { pid, pingUrl, statsUrl }: RunningTarget): readonly string[] {
  return [
    ...(pid === null && canSampleProcesses
      ? [`${name} was not started here, so its process is not known: its memory and CPU time are left out.`]
      : []),
    ...(pingUrl === null
      ? [`${name} gives no short answer at /ping: what short requests lose beside its exports is left out.`]
      : []),
    ...(statsUrl === null
      ? [`${name} reports no inside numbers at /stats: times of slots, queue and event loop are left out.`]
      : []),
  ];
}
