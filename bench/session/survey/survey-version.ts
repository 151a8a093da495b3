import { formatCount } from "../../../src/ground.ts";
import type { MeasuredDelivery } from "../../result/measured-delivery.ts";
import type { Subject } from "../../subject/subject.ts";
import type { Target } from "../../subject/target.ts";
import type { TargetFacts } from "../arm.ts";
import { unreportedMetrics } from "./unreported-metrics.ts";
import { readWhole, withServer, type Session } from "../session.ts";
import { compareBodies, readDeliveries, type BodyFindings } from "./check-integrity.ts";
import type { Reference, TargetSurvey } from "./target-survey.ts";

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
    const named = deliveries.filter((delivery): delivery is MeasuredDelivery => delivery !== null);
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
    const unreported = await unreportedMetrics(server, session.signal);
    const found = { ...facts, body, exportSeconds: totalMs / 1000, unreported };
    return { facts: found, checks, faults, notes };
  });
}

/** How a body differs from the one that others are compared with. */
export function notesOf(
  name: string,
  body: Pick<BodyFindings, "rows" | "bytes" | "sha256" | "equality">,
  reference: Reference,
): readonly string[] {
  if (body.sha256 === reference.sha256) return [];
  const isSameSize = body.rows === reference.rows;
  if (body.equality === "rows" && isSameSize) return [];
  const size = `${formatCount(body.rows)} rows in ${formatCount(body.bytes)} bytes`;
  const own = `${formatCount(reference.rows)} in ${formatCount(reference.bytes)}`;
  const notes = [`${name} gives other bytes than ${reference.name}: ${size}, ${reference.name} ${own}.`];
  if (!isSameSize) {
    notes.push(
      `${name} is not compared with ${reference.name}, because it has other rows${body.rows > 0 ? `; --rows ${Math.min(body.rows, reference.rows)} gives both as many where they take {rows}` : ""}.`,
    );
  }
  return notes;
}
