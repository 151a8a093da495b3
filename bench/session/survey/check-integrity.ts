import type { Check, Integrity } from "../../result/schema.ts";
import type { RunningTarget } from "../../subject/target.ts";
import type { ExpectedBody } from "../arm.ts";
import { readFrom, type Delivery, type Session, type ServedExport } from "../session.ts";

/** What one export gave in the untimed pass. */
export interface BodyFindings extends ExpectedBody {
  /** Whose it is, as checks call it: a delivery, or a target. */
  readonly whose: string;
  readonly statusCode: number;
  /** Records of the CSV, a header among them. */
  readonly records: number;
  /** Whether the answer says that its first record is a header; null when it says nothing of it. */
  readonly hasHeader: boolean | null;
  readonly sha256: string;
  readonly seconds: number;
  /** What the server said instead, when the status isn't 200. */
  readonly problem: string;
}

/** Whether all deliveries gave the same, and what that was. */
export interface IntegrityFindings {
  readonly integrity: Integrity;
  readonly checks: readonly Check[];
  /** One sentence for each thing that is wrong; empty when the deliveries may be compared. */
  readonly faults: readonly string[];
}

/**
 * Reads an export once by each delivery, untimed, hashing the bodies and counting their rows.
 * What the server claims in X-Row-Count or Repr-Digest isn't believed: it is the thing under test.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when a body has no clean end
 */
export async function readDeliveries(
  session: Session,
  server: RunningTarget,
  wanted: {
    readonly deliveries: readonly Delivery[];
    readonly rows: number;
    /** Comes before the name of the delivery in what checks are called. */
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

/** Reads one export untimed; without a word of its own the first record counts as a header. */
export async function readBody(served: ServedExport, whose: string): Promise<BodyFindings> {
  const { head, bodyBytes, content, crc32, totalMs, problem } = await readFrom(served, {
    check: true,
    checksum: true,
  });
  const said = /header=(absent|present)/i.exec(head.headers.get("content-type") ?? "")?.[1]?.toLowerCase();
  const records = content?.records ?? 0;
  return {
    whose,
    statusCode: head.statusCode,
    bytes: bodyBytes,
    records,
    hasHeader: said === undefined ? null : said === "present",
    ...rowsAmong(records, said !== "absent"),
    sha256: content?.sha256 ?? "",
    crc32: crc32 ?? 0,
    seconds: totalMs / 1000,
    problem,
  };
}

/** The rows among the records of a body. */
export function rowsAmong(records: number, hasHeader: boolean): Pick<ExpectedBody, "rows" | "headerRecords"> {
  const headerRecords = hasHeader ? 1 : 0;
  return { rows: Math.max(0, records - headerRecords), headerRecords };
}

/** What bodies are known to have to be, beside each other. */
export interface Expectations {
  /** null when an export may hold fewer rows than were asked for. */
  readonly rows: number | null;
  /** SHA-256 of the rows as they are made without any server; null when nobody else can make them. */
  readonly sha256: string | null;
}

/** Holds the deliveries against each other, against the rows that were asked for, and against what they should be. */
export function compareBodies(findings: readonly BodyFindings[], expected: Expectations): IntegrityFindings {
  const [first] = findings;
  if (first === undefined) throw new Error("there is nothing to compare");
  const checks = findings.flatMap((body): Check[] => [
    check(body, "status", body.statusCode, 200),
    check(body, "rows", body.rows, expected.rows ?? first.rows),
    check(body, "bytes", body.bytes, first.bytes),
    check(body, "sha256", body.sha256, expected.sha256 ?? first.sha256),
  ]);
  const equal = checks.every(({ ok }) => ok);
  const { bytes, rows, sha256 } = first;
  return {
    checks,
    integrity: equal ? { bytes, rows, sha256, equal } : { bytes: null, rows: null, sha256: null, equal },
    faults: faultsOf(findings, checks),
  };
}

/** What is wrong, as sentences: first what servers said, then what the checks found. */
export function faultsOf(findings: readonly BodyFindings[], checks: readonly Check[]): readonly string[] {
  return [
    ...findings
      .filter(({ problem }) => problem !== "")
      .map(
        ({ whose, statusCode, problem }) =>
          `The export of ${whose} was answered with ${statusCode}: ${problem}`,
      ),
    ...checks
      .filter(({ ok }) => !ok)
      .map(
        ({ id, observed, expected }) => `${id} is ${String(observed)}, and should be ${String(expected)}.`,
      ),
  ];
}

export function check<T extends number | string>(
  { whose }: Pick<BodyFindings, "whose">,
  what: string,
  observed: T,
  expected: T,
): Check {
  return { id: `integrity.${whose}.${what}`, expected, observed, tolerance: 0, ok: observed === expected };
}
