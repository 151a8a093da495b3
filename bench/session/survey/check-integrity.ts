import type { Delivery } from "../../../src/ground.ts";
import type { Check, Integrity } from "../../result/schema.ts";
import type { RunningTarget } from "../../subject/target.ts";
import type { ExpectedBody } from "../arm.ts";
import { readFrom, type ServedExport, type Session } from "../session.ts";

/** What one export gave in the untimed pass. */
export interface BodyFindings extends ExpectedBody {
  /** Its name in checks: a delivery, or a target. */
  readonly whose: string;
  readonly statusCode: number;
  /** Records of the CSV, with the header. */
  readonly records: number;
  /** Whether the answer says that its first record is a header; null when it does not say. */
  readonly hasHeader: boolean | null;
  readonly sha256: string;
  readonly seconds: number;
  /** What the server answered instead, when the status is not 200. */
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
 * Reads an export once by each delivery, untimed, hashing the bodies and counting their rows. X-Row-Count and
 * Repr-Digest are not used: they come from the server under test.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when a body has no clean end
 */
export async function readDeliveries(
  session: Session,
  server: RunningTarget,
  wanted: {
    readonly deliveries: readonly Delivery[];
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

/** Reads one export untimed. Its first record counts as a header unless the answer says otherwise. */
export async function readBody(served: ServedExport, whose: string): Promise<BodyFindings> {
  const { head, bodyBytes, content, crc32, totalMs, problem } = await readFrom(served, {
    check: true,
    checksum: true,
  });
  const announced = /header=(absent|present)/i
    .exec(head.headers.get("content-type") ?? "")?.[1]
    ?.toLowerCase();
  const records = content?.records ?? 0;
  return {
    whose,
    statusCode: head.statusCode,
    bytes: bodyBytes,
    records,
    hasHeader: announced === undefined ? null : announced === "present",
    ...rowsAmong(records, announced !== "absent"),
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
    faults: faultsOf(findings, checks),
  };
}

/** What is wrong, as sentences: first what servers answered, then what the checks found. */
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

/** One check of a body: what was expected, and what was found. */
export function integrityCheck<T extends number | string>(
  { whose }: Pick<BodyFindings, "whose">,
  what: string,
  observed: T,
  expected: T,
): Check {
  return { id: `integrity.${whose}.${what}`, expected, observed, tolerance: 0, ok: observed === expected };
}
