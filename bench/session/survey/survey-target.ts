import { formatCount } from "../../../src/index.ts";
import { canSampleProcesses } from "../../probe/process-tree.ts";
import type { Check } from "../../result/schema.ts";
import type { RunningTarget, Target } from "../../subject/target.ts";
import type { ExpectedBody } from "../arm.ts";
import {
  check,
  compareBodies,
  faultsOf,
  readBody,
  readDeliveries,
  rowsAmong,
  type BodyFindings,
} from "./check-integrity.ts";
import { readWhole, withServer, type Delivery, type Session } from "../session.ts";

/** What is found out about a target beside ours before anything is timed. */
export interface TargetSurvey {
  readonly body: ExpectedBody;
  /** How long the export took. */
  readonly seconds: number;
  readonly checks: readonly Check[];
  /** What is wrong: nothing may be timed then. */
  readonly faults: readonly string[];
  /** What isn't wrong, but to be kept in mind. */
  readonly notes: readonly string[];
}

/** What our own server gave. */
export interface Reference {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Checks another server by itself, untimed: status, clean end, rows where it takes them, and that the same request
 * gives the same bytes twice. That its bytes aren't ours is a note; that they change would be a fault, since then no
 * timed body could be known to be whole.
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
    if (first.statusCode !== 200) return refused(first);
    const second = await readBody(served, name);
    const header = first.hasHeader ?? (takesRows ? await headerRecords(session, server) : null);
    const body = withRows(first, header, takesRows ? rows : null);
    const checks: Check[] = [
      check(first, "status", first.statusCode, 200),
      ...(takesRows ? [check(first, "rows", body.rows, rows)] : []),
      check(first, "bytes_again", second.bytes, first.bytes),
      check(first, "sha256_again", second.sha256, first.sha256),
    ];
    return {
      body,
      seconds: first.seconds,
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
    expectedRows,
    ours,
  }: {
    readonly deliveries: readonly Delivery[];
    readonly rows: number;
    readonly expectedRows: number | null;
    readonly ours: Reference;
  },
): Promise<TargetSurvey> {
  return withServer({ ...session, target, rows }, async (server) => {
    const named = await readDeliveries(session, server, { deliveries, rows, prefix: `${target.name}.` });
    const { checks, faults } = compareBodies(named, { rows: expectedRows, sha256: null });
    const [body] = named;
    const [delivery] = deliveries;
    if (body === undefined || delivery === undefined) throw new Error("there is no delivery to survey");
    const survey = { body, checks, faults, notes: notesOf(target.name, body, ours) };
    if (faults.length > 0) return { ...survey, seconds: body.seconds };
    // The checked one was the first of its server, and hashed; how many fit into a round goes by what they take then.
    const { totalMs } = await readWhole({ session, server, request: { delivery, rows } });
    return { ...survey, seconds: totalMs / 1000 };
  });
}

function refused(body: BodyFindings): TargetSurvey {
  const checks = [check(body, "status", body.statusCode, 200)];
  return { body, seconds: body.seconds, checks, faults: faultsOf([body], checks), notes: [] };
}

/** Whether an export of one row has a record more; null when rows aren't taken from the address. */
async function headerRecords(session: Session, server: RunningTarget): Promise<boolean | null> {
  const url = (rows: number): string => server.exportUrl(session.exportName, { delivery: null, rows }).href;
  if (url(1) === url(2)) return null;
  const single = await readBody({ session, server, request: { delivery: null, rows: 1 } }, "");
  return single.records > 1;
}

/** Rows of a body whose first record is a header or not; where nobody knows, it is what makes the rows right. */
function withRows(body: BodyFindings, hasHeader: boolean | null, wanted: number | null): BodyFindings {
  const isHeader = hasHeader ?? body.records !== wanted;
  return { ...body, ...rowsAmong(body.records, isHeader) };
}

function notesOf(name: string, body: BodyFindings, ours: Reference): readonly string[] {
  if (body.sha256 === ours.sha256) return [];
  const size = `${formatCount(body.rows)} rows in ${formatCount(body.bytes)} bytes`;
  const own = `${formatCount(ours.rows)} in ${formatCount(ours.bytes)}`;
  const notes = [`${name} gives other bytes than ours: ${size}, ours ${own}.`];
  if (body.rows !== ours.rows) {
    notes.push(
      `${name} isn't held against the buffered delivery, since it has other rows; ${body.rows > 0 ? `--rows ${body.rows} gives ours as many` : "it has none"}.`,
    );
  }
  return notes;
}

/** What a server doesn't tell, and so what the report will leave out. */
function missingProbes(name: string, { pid, pingUrl, statsUrl }: RunningTarget): readonly string[] {
  return [
    ...(pid === null && canSampleProcesses
      ? [`${name} wasn't started here, so its process isn't known: its memory and CPU time are left out.`]
      : []),
    ...(pingUrl === null
      ? [`${name} gives no short answer at /ping: what short requests lose beside its exports is left out.`]
      : []),
    ...(statsUrl === null
      ? [`${name} tells no inside numbers at /stats: times of slots, queue and event loop are left out.`]
      : []),
  ];
}
