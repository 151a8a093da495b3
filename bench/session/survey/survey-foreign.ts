import { formatCount, formatCountOf } from "../../../src/ground.ts";
import { isAnswered } from "../../probe/until-ready.ts";
import { canSampleProcesses } from "../../probe/process-tree.ts";
import type { Check } from "../../result/result.ts";
import type { RunningTarget, Target } from "../../subject/target.ts";
import type { TargetFacts } from "../arm.ts";
import { unreportedMetrics } from "./unreported-metrics.ts";
import { withServer, type Session } from "../session.ts";
import {
  emptyFaults,
  faultsOf,
  integrityCheck,
  readBody,
  rowsAmong,
  type BodyFindings,
} from "./check-integrity.ts";
import { bodyNotes, keptNotes, unevenText } from "./body-notes.ts";
import { notesOf } from "./survey-version.ts";
import type { Reference, TargetSurvey } from "./target-survey.ts";

/** A target's survey, with the body that later ones are compared with. */
export interface ForeignSurvey extends TargetSurvey {
  readonly body: BodyFindings;
}

/** What is asked of another server when it is surveyed. */
export interface ForeignQuestion {
  readonly rows: number;
  /** null for the first, which all others are compared with. */
  readonly reference: Reference | null;
  /** The most rows it has, where sizing found that out. */
  readonly availableRows: number | null;
  /** Whether it is another version of a target before it, of which the same is known. */
  readonly isControl: boolean;
}

/**
 * Checks another server by itself, untimed: the status, rows and not a page, a clean end, as many rows as it was asked
 * for, and that the same request gives the same bytes twice, or the same rows and columns where only they have to be
 * equal. Without that no timed body could be known to be whole.
 */
export async function surveyForeign(
  session: Session,
  target: Target,
  question: ForeignQuestion,
): Promise<ForeignSurvey> {
  let origin: URL | null = null;
  const survey = await withServer({ ...session, target, rows: question.rows }, async (server) => {
    origin = new URL("/", server.origin);
    const found = await checkBodies(session, target, server, question);
    // The cause of a wrong answer often stands in the server's own output.
    const words = server.lastWords();
    const faults = found.faults.map((fault) => (words === "" ? fault : `${fault} ${words}`));
    const missing = question.isControl ? [server.hiddenBecause ?? ""] : missingProbes(target.name, server);
    // A server that answers wrongly may no longer answer at all.
    const unreported = faults.length > 0 ? [] : await unreportedMetrics(server, session.signal);
    const facts = { ...found.facts, unreported };
    return { ...found, facts, faults, notes: [...found.notes, ...missing.filter((note) => note !== "")] };
  });
  const isStarted = target.command !== null;
  if (!isStarted || origin === null || !(await isAnswered(origin, session.signal))) return survey;
  const left = `${target.name} left a server running at ${String(origin)} after its command was ended: it belongs to another process, such as a container or a service, or to another user, as behind sudo. Let the command stay in the foreground until its server has ended, run bench as that user, or measure it as ${target.name}=URL.`;
  return { ...survey, faults: [...survey.faults, left] };
}

async function checkBodies(
  session: Session,
  target: Target,
  server: RunningTarget,
  { rows, reference, availableRows, isControl }: ForeignQuestion,
): Promise<ForeignSurvey> {
  const { name, takesRows } = target;
  const served = { session, server, request: { delivery: null, rows } };
  const read = await readBody(served, name, null);
  if (read.problem !== "") {
    const checks = [integrityCheck(read, "status", read.statusCode, 200)];
    const facts = factsOf(read, server, { takesRows, availableRows });
    return { body: read, facts, checks, faults: faultsOf([read], checks), notes: [] };
  }
  const again = await readBody(served, name, read.lines);
  const header = read.hasHeader ?? (takesRows ? await hasHeader(session, server) : null);
  const first = withRows(read, header, takesRows ? rows : null);
  const second = withRows(again, header, takesRows ? rows : null);
  const isByRows = first.equality === "rows";
  const checks: Check[] = [
    integrityCheck(first, "status", first.statusCode, 200),
    ...(takesRows ? [integrityCheck(first, "rows", first.rows, rows)] : []),
    integrityCheck(first, "rows_again", second.rows, first.rows),
    ...(isByRows
      ? [integrityCheck(first, "columns_again", second.columns, first.columns)]
      : [
          integrityCheck(first, "bytes_again", second.bytes, first.bytes),
          integrityCheck(first, "sha256_again", second.sha256, first.sha256),
        ]),
  ];
  return {
    body: first,
    facts: factsOf(first, server, { takesRows, availableRows }),
    checks,
    faults: changeFaults(first, second, takesRows ? rows : null),
    notes: [
      ...(isControl ? [] : [...bodyNotes(name, first), ...keptNotes(name, first, second)]),
      ...(reference === null ? [] : notesOf(name, first, reference)),
    ],
  };
}

/** What is wrong with two bodies of one server, one sentence each, the cause before what follows from it. */
function changeFaults(first: BodyFindings, second: BodyFindings, wanted: number | null): readonly string[] {
  const { whose } = first;
  const cut = first.endedWithConnection ? " Its body ends with the connection, so it may have been cut." : "";
  if (second.problem !== "") return [`The second export of ${whose} ${second.problem}.`];
  const empty = emptyFaults(first, "Fill its source with rows before it is measured.");
  if (empty.length > 0) return empty;
  if (wanted !== null && first.rows !== wanted) {
    const few = first.rows < wanted ? ` If it has no more, --rows ${first.rows} measures all of them.` : "";
    const { uneven, columns } = first;
    const why = uneven === null ? "" : ` ${unevenText(whose, uneven, columns)}`;
    return [
      `${whose} gave ${formatCountOf(first.rows, "row")}, and was asked for ${formatCount(wanted)}.${few}${why}${cut}`,
    ];
  }
  if (first.rows !== second.rows) {
    return [
      `${whose} gave ${formatCount(first.rows)} rows at the first request and ${formatCount(second.rows)} rows at the second.${cut} Ask for rows that stay as many.`,
    ];
  }
  if (first.equality === "rows") {
    if (first.columns === second.columns) return [];
    return [
      `${whose} gave ${first.columns} columns at the first request and ${second.columns} at the second.`,
    ];
  }
  if (first.sha256 === second.sha256) return [];
  const { firstDifference: place } = second;
  const where =
    place === null
      ? ""
      : `: line ${formatCount(place.line)} ${place.text === null ? "is missing" : `is now ${JSON.stringify(place.text)}`}`;
  return [
    `${whose} gave other bytes when the same request was made again${where}. If its rows may change between requests, --integrity rows compares rows and columns instead of bytes.`,
  ];
}

function factsOf(
  body: BodyFindings,
  server: RunningTarget,
  { takesRows, availableRows }: { readonly takesRows: boolean; readonly availableRows: number | null },
): TargetFacts {
  const { rows, bytes, crc32, headerRecords, columns, equality } = body;
  return {
    body: {
      rows,
      bytes,
      crc32,
      columns,
      ...(headerRecords === undefined ? {} : { headerRecords }),
      ...(equality === undefined ? {} : { equality }),
    },
    exportSeconds: body.seconds,
    rowsPerSecond: rows / Math.max(0.001, body.seconds),
    availableRows: takesRows ? availableRows : rows,
    promisesRows: true,
    isWhole: !takesRows || (availableRows !== null && rows >= availableRows),
    isSampled: server.pid !== null && canSampleProcesses,
    reportsInside: server.statsUrl !== null,
  };
}

/**
 * Whether an export of one row has a second record; null when the request does not say how many rows to give, or when the
 * server refuses it, such as a request soon after another.
 */
async function hasHeader(session: Session, server: RunningTarget): Promise<boolean | null> {
  const asked = (rows: number): string => {
    const request = { delivery: null, rows };
    return `${server.exportUrl(session.exportName, request).href} ${server.exportForm?.(request).body ?? ""}`;
  };
  if (asked(1) === asked(2)) return null;
  const single = await readBody({ session, server, request: { delivery: null, rows: 1 } }, "");
  return single.problem === "" ? single.records > 1 : null;
}

/** The body with its rows counted. When it is not known whether there is a header, the number of rows that was asked for decides. */
function withRows(body: BodyFindings, isFirstHeader: boolean | null, wanted: number | null): BodyFindings {
  return { ...body, ...rowsAmong(body.records, isFirstHeader ?? body.records !== wanted) };
}

/** What a server does not report, and what the report therefore leaves out. */
function missingProbes(
  name: string,
  { pid, hiddenBecause, pingUrl, pingProblem, statsUrl, notes = [] }: RunningTarget,
): readonly string[] {
  return [
    ...notes,
    ...(pid === null && canSampleProcesses
      ? [
          hiddenBecause ??
            `${name} was not started here, so its process is not known: its memory and CPU time are left out.`,
        ]
      : []),
    ...(pid !== null && canSampleProcesses
      ? [
          `Only the processes of ${name} itself are measured: what a database or another service does for it is not counted, unless --observe names it.`,
        ]
      : []),
    ...(pingUrl === null
      ? [
          pingProblem === undefined
            ? `${name} has no ping path: what short requests lose beside its exports is left out.`
            : `${name} gives no short answer at its ping path (--ping): ${pingProblem} What short requests lose beside its exports is left out.`,
        ]
      : []),
    ...(statsUrl === null
      ? [`${name} reports no inside numbers at /stats: times of slots, queue and event loop are left out.`]
      : []),
  ];
}
