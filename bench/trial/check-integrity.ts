import type { Check, Integrity } from "../result/schema.ts";
import type { RunningTarget } from "../target/target.ts";
import { readFrom, type Delivery, type ExportRequest, type Session } from "./session.ts";

/** What one delivery gave in the untimed pass. */
export interface DeliveryContent {
  readonly delivery: Delivery;
  readonly statusCode: number;
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
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
export async function readContents(
  session: Session,
  server: RunningTarget,
  deliveries: readonly Delivery[],
  rows: number,
): Promise<readonly DeliveryContent[]> {
  const contents: DeliveryContent[] = [];
  for (const delivery of deliveries) contents.push(await readContent(session, server, { delivery, rows }));
  return contents;
}

async function readContent(
  session: Session,
  server: RunningTarget,
  request: ExportRequest,
): Promise<DeliveryContent> {
  const { head, bodyBytes, content, problem } = await readFrom(session, server, request, { check: true });
  const hasHeader = !/header=absent/i.test(head.headers.get("content-type") ?? "");
  return {
    delivery: request.delivery,
    statusCode: head.statusCode,
    bytes: bodyBytes,
    rows: Math.max(0, (content?.records ?? 0) - (hasHeader ? 1 : 0)),
    sha256: content?.sha256 ?? "",
    problem,
  };
}

/**
 * Holds the deliveries against each other and against the rows that were asked for.
 * @param expectedRows null when the export may hold fewer rows than were asked for
 */
export function compareContents(
  contents: readonly DeliveryContent[],
  expectedRows: number | null,
): IntegrityFindings {
  const [first] = contents;
  if (first === undefined) throw new Error("there is nothing to compare");
  const checks = contents.flatMap((content): Check[] => [
    check(content, "status", content.statusCode, 200),
    check(content, "rows", content.rows, expectedRows ?? first.rows),
    check(content, "bytes", content.bytes, first.bytes),
    check(content, "sha256", content.sha256, first.sha256),
  ]);
  const equal = checks.every(({ ok }) => ok);
  const { bytes, rows, sha256 } = first;
  return {
    checks,
    integrity: equal ? { bytes, rows, sha256, equal } : { bytes: null, rows: null, sha256: null, equal },
    faults: [
      ...contents
        .filter(({ problem }) => problem !== "")
        .map(
          ({ delivery, statusCode, problem }) =>
            `The ${delivery} delivery answered ${statusCode}: ${problem}`,
        ),
      ...checks
        .filter(({ ok }) => !ok)
        .map(
          ({ id, observed, expected }) => `${id} is ${String(observed)}, and should be ${String(expected)}.`,
        ),
    ],
  };
}

function check<T extends number | string>(
  { delivery }: DeliveryContent,
  what: string,
  observed: T,
  expected: T,
): Check {
  return { id: `integrity.${delivery}.${what}`, expected, observed, tolerance: 0, ok: observed === expected };
}
