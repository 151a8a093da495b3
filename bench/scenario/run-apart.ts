import { StreamCsvError } from "../../src/ground.ts";
import { isWrongBody } from "../session/measure/require-same-body.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Faults of what is measured. Any other error is one of our own, and ends the run. */
const invalidating: ReadonlySet<string> = new Set(["SCSV_MEASUREMENT_INVALID", "SCSV_TARGET_NOT_READY"]);

/**
 * Runs one scenario. When it fails, its later measurements don't count: a warning or the round says why, what it measured
 * until then is kept, and the other scenarios go on.
 * @returns why it failed; null when it ran to its end
 * @throws what makes the whole run end: an interruption, a body with other bytes than the checked one, an error of our own,
 *   and any failure of a scenario that the run can't do without
 */
export async function runApart(
  scenario: Pick<Scenario, "name" | "isEssential" | "run">,
  context: ScenarioContext,
): Promise<StreamCsvError | null> {
  try {
    await scenario.run(context);
    return null;
  } catch (fault) {
    if (!(fault instanceof StreamCsvError) || !invalidating.has(fault.code)) throw fault;
    if (scenario.isEssential || isWrongBody(fault) || context.session.signal.aborted) throw fault;
    // A round that the error ended has it as its reason.
    const isNoted = context.record.rounds.some(
      ({ scenario: name, reason }) =>
        name === scenario.name && reason !== undefined && fault.message.includes(reason),
    );
    const why = isNoted ? "." : `: ${fault.message}`;
    context.record.warn(`${scenario.name} is invalid from here on, the other scenarios aren't${why}`);
    return fault;
  }
}
