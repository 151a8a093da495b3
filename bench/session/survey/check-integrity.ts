import type { MeasuredDelivery } from "../../result/measured-delivery.ts";
import type { LineChecksums, FirstDifference } from "../../load/line-comparison.ts";
import type { ResponseHead } from "../../load/response-head.ts";
import type { BodyQuoting, UnevenRecord } from "../../load/record-counter.ts";
import type { Check, Integrity } from "../../result/result.ts";
import type { RunningTarget } from "../../subject/target.ts";
import type { ExpectedBody } from "../arm.ts";
import { isHtml, readFrom, refusalText, urlOf, type ServedExport, type Session } from "../session.ts";

/** What one export gave in the untimed pass. */
export interface BodyFindings extends ExpectedBody {
  /** Its name in checks: a delivery, or a target. */
  readonly whose: string;
  readonly statusCode: number;
  /** Records of the CSV, with the header. */
  readonly records: number;
  readonly columns: number;
  readonly quoting: BodyQuoting;
  readonly uneven: UnevenRecord | null;
  /** Whether the answer says that its first record is a header; null when it does not say. */
  readonly hasHeader: boolean | null;
  readonly sha256: string;
  readonly seconds: number;
  /** What is wrong with the answer itself, as it continues "its export …"; empty when it may be rows. */
  readonly problem: string;
  readonly endedWithConnection: boolean;
  readonly lines: LineChecksums | null;
  readonly firstDifference: FirstDifference | null;
}

/** Whether all deliveries gave the same, and what that was. */
export interface IntegrityFindings {
  readonly integrity: Integrity;
  readonly checks: readonly Check[];
  /** One sentence for each thing that is wrong; empty when the deliveries may be compared. */
  readonly faults: readonly string[];
}

/**
 * Reads an export once by each delivery, untimed, hashing the bodies and counting their rows. X-Row-Count and
 * Repr-Digest are not used: they come from the server under test.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when a body has no clean end
 */
export async function readDeliveries(
  session: Session,
  server: RunningTarget,
  wanted: {
    readonly deliveries: readonly MeasuredDelivery[];
    readonly rows: number;
    /** Put before the name of the delivery in the names of checks. */
    readonly prefix?: string;
  },
): Promise<readonly BodyFindings[]> {
  const { deliveries, rows, prefix = "" } = wanted;
  const findings: BodyFindings[] = [];
  for (const delivery of deliveries) {
    findings.push(await readBody({ session, server, request: { delivery, rows } }, prefix + delivery));
  }
  return findings;
}

/**
 * Reads one export untimed. Its first record counts as a header unless the answer says otherwise.
 * @param earlier the lines of an earlier body to compare with; null to keep its own; absent for neither
 */
export async function readBody(
  served: ServedExport,
  whose: string,
  earlier?: LineChecksums | null,
): Promise<BodyFindings> {
  const reading = await readFrom(served, {
    check: true,
    checksum: true,
    ...(earlier === undefined ? {} : { compareLines: { earlier } }),
  });
  const { head, bodyBytes, content, crc32, totalMs, endedWithConnection } = reading;
  const announced = /header=(absent|present)/i
    .exec(head.headers.get("content-type") ?? "")?.[1]
    ?.toLowerCase();
  const records = content?.records ?? 0;
  return {
    whose,
    statusCode: head.statusCode,
    bytes: bodyBytes,
    records,
    columns: content?.columns ?? 0,
    quoting: content?.quoting ?? "rfc4180",
    uneven: content?.uneven ?? null,
    hasHeader: announced === undefined ? null : announced === "present",
    ...rowsAmong(records, announced !== "absent"),
    equality: served.server.equality ?? "bytes",
    sha256: content?.sha256 ?? "",
    crc32: crc32 ?? 0,
    seconds: totalMs / 1000,
    problem:
      reading.state === "refused"
        ? refusalText(reading, urlOf(served))
        : notRows(head, content?.opening ?? ""),
    endedWithConnection,
    lines: content?.lines ?? null,
    firstDifference: content?.firstDifference ?? null,
  };
}

/** First bytes of packed formats: gzip, zip (a spreadsheet is one), Zstandard, bzip2, xz. */
const packedOpenings = ["\u001F\u008B", "PK\u0003\u0004", "\u0028\u00B5\u002F\u00FD", "BZh", "\u00FD7zXZ"];

/** Other formats in which tables and reports are sent, by their first bytes. */
const otherFormats: readonly (readonly [opening: string, name: string])[] = [
  ["%PDF-", "a PDF file"],
  ["PAR1", "a Parquet file"],
  ["ARROW1", "an Arrow file"],
  ["Obj\u0001", "an Avro file"],
  ["SQLite format 3\0", "a SQLite database"],
  ["\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1", "an Excel file (.xls)"],
];

/** Types of answers that hold rows in another form, or among something else. */
const otherTypes = /^(?:multipart\/|text\/event-stream\b|application\/pdf\b|image\/|audio\/|video\/)/i;
const jsonTypes =
  /^(?:application|text)\/(?:[\w.-]+\+)?(?:x-)?(?:json|ndjson|jsonl|jsonlines|json-?seq|json-?lines)\b/i;
/** How an object or an array of JSON begins. In CSV, a quote opens a cell only at its start. */
const jsonOpening = /^(?:\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\})|\[\s*(?:\{\s*["}]|\[|\]))/;

/** Why a body with status 200 can't be rows; empty when it can. */
function notRows(head: ResponseHead, opening: string): string {
  if (isHtml(head, opening)) {
    const title =
      opening
        .split(/[\r\n]/)[0]
        ?.trim()
        .slice(0, 60) ?? "";
    return `is a page for people (${head.headers.get("content-type") ?? "HTML"}) and not rows; it begins with ${JSON.stringify(title)}`;
  }
  const type = head.headers.get("content-type") ?? "";
  if (jsonTypes.test(type) || jsonOpening.test(opening))
    return `is JSON${type === "" ? "" : ` (${type})`} and not rows of CSV; it begins with ${JSON.stringify(opening.slice(0, 60))}`;
  if (/^(application|text)\/([\w.-]+\+)?xml\b/i.test(type) || /^<\?xml\b/i.test(opening))
    return `is XML${type === "" ? "" : ` (${type})`} and not rows of CSV; it begins with ${JSON.stringify(opening.slice(0, 60))}`;
  const coding = head.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (coding !== "identity" && coding !== "")
    return `is packed (Content-Encoding: ${coding}), though the request doesn't ask for that; its rows can't be counted`;
  if (packedOpenings.some((bytes) => opening.startsWith(bytes)))
    return "is packed (its first bytes are those of a compressed file); its rows can't be counted";
  const format = otherFormats.find(([bytes]) => opening.startsWith(bytes));
  if (format !== undefined) return `is ${format[1]} and not rows of CSV`;
  if (otherTypes.test(type))
    return `has the type ${type}, which is not one of rows of CSV; it begins with ${JSON.stringify(opening.slice(0, 60))}`;
  return "";
}

/** The rows among the records of a body. */
export function rowsAmong(records: number, hasHeader: boolean): Pick<ExpectedBody, "rows" | "headerRecords"> {
  const headerRecords = hasHeader ? 1 : 0;
  return { rows: Math.max(0, records - headerRecords), headerRecords };
}

/** What bodies have to be, beside equal to each other. */
export interface Expectations {
  /** null when an export may hold fewer rows than were asked for. */
  readonly rows: number | null;
  /** SHA-256 of the rows as they are made without any server; null when they can't be made that way. */
  readonly sha256: string | null;
}

/** Compares the deliveries with each other, with the rows that were asked for, and with what they should be. */
export function compareBodies(findings: readonly BodyFindings[], expected: Expectations): IntegrityFindings {
  const [first] = findings;
  if (first === undefined) throw new Error("there is nothing to compare");
  const checks = findings.flatMap((body): Check[] => [
    integrityCheck(body, "status", body.statusCode, 200),
    integrityCheck(body, "rows", body.rows, expected.rows ?? first.rows),
    integrityCheck(body, "bytes", body.bytes, first.bytes),
    integrityCheck(body, "sha256", body.sha256, expected.sha256 ?? first.sha256),
  ]);
  const equal = checks.every(({ ok }) => ok);
  const { bytes, rows, sha256 } = first;
  return {
    checks,
    integrity: equal ? { bytes, rows, sha256, equal } : { bytes: null, rows: null, sha256: null, equal },
    faults: [
      ...faultsOf(findings, checks),
      ...emptyFaults(first, "Measure one that has rows, or give parameters that have some (--param)."),
    ],
  };
}

/**
 * A gate on an export without rows would pass for ever.
 * @param remedy what to do about it, as a sentence
 */
export function emptyFaults(
  { whose, problem, rows, records }: BodyFindings,
  remedy: string,
): readonly string[] {
  if (rows > 0 || problem !== "") return [];
  const body = records === 0 ? "its body is empty" : "its body has one line, which counts as the header";
  return [`The export of ${whose} has no rows: ${body}. ${remedy}`];
}

/** What is wrong, as sentences: first what servers answered, then what the checks found. */
export function faultsOf(findings: readonly BodyFindings[], checks: readonly Check[]): readonly string[] {
  const problems = findings.flatMap(problemOf);
  // What a check finds in an answer that isn't rows follows from that.
  if (problems.length > 0) return problems;
  return checks
    .filter(({ ok }) => !ok)
    .map(({ id, observed, expected }) => `${id} is ${String(observed)}, and should be ${String(expected)}.`);
}

/** What to do about an answer that isn't rows. */
export const hintForAnswer =
  "Ask the address by hand, with the same header fields, to see what it answers; --header adds fields such as Authorization.";

/** What is wrong with an answer, as a sentence; none when it may be rows. */
export function problemOf({ whose, problem }: Pick<BodyFindings, "whose" | "problem">): readonly string[] {
  return problem === "" ? [] : [`The export of ${whose} ${problem}.`];
}

/** One check of a body: what was expected, and what was found. */
export function integrityCheck<T extends number | string>(
  { whose }: Pick<BodyFindings, "whose">,
  what: string,
  observed: T,
  expected: T,
): Check {
  return { id: `integrity.${whose}.${what}`, expected, observed, tolerance: 0, ok: observed === expected };
}
