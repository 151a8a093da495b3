import { StreamCsvError } from "../../src/ground.ts";
import { isWrongBody } from "../session/measure/measure-export.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Faults of what is measured. Any other error is one of our own, and ends the run. */
const voiding: ReadonlySet<string> = new Set(["SCSV_MEASUREMENT_INVALID", "SCSV_TARGET_NOT_READY"]);

/**
 * Runs one scenario. When it fails, it is void: a warning or the round says why, what it measured until then is kept, and the other
 * scenarios go on.
 * @returns why it is void; null when it ran to its end
 * @throws what makes the whole run end: an interruption, a body with other bytes than the checked one, an error of our
 *   own, and any failure of a scenario that the run can't do without
 */
export async function runApart(
  scenario: Pick<Scenario, "name" | "isEssential" | "run">,
  context: ScenarioContext,
): Promise<StreamCsvError | null> {
  try {
    await scenario.run(context);
    return null;
  } catch (fault) {
    if (!(fault instanceof StreamCsvError) || !voiding.has(fault.code)) throw fault;
    if (scenario.isEssential || isWrongBody(fault) || context.session.signal.aborted) throw fault;
    // A round that the error ended has it as its reason.
    const isNoted = context.record.rounds.some(
      ({ scenario: name, reason }) =>
        name === scenario.name && reason !== undefined && fault.message.includes(reason),
    );
    const why = isNoted ? "." : `: ${fault.message}`;
    context.record.warn(`${scenario.name} is void from here on, the other scenarios are not${why}`);
    return fault;
  }
}
