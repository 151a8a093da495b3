import type { Measured } from "../result/metric.ts";
import type { RunningTarget } from "../target/target.ts";
import { combineTurns } from "../trial/combine-turns.ts";
import { withServers, type ServerNeed } from "../trial/with-servers.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Why what a round gave doesn't count, in a sentence; null when it does. */
export type FindFault = (arms: Readonly<Record<string, Measured>>) => Promise<string | null>;

/**
 * Measures the arms of one round, one after the other and each on a fresh server, and notes what they gave.
 * When one fails, or the run is interrupted, what was measured is kept and said not to count, and the fault goes on.
 * @param findFault looks at a round that was measured; without it each counts
 * @param turns how often each arm is measured, in turn with the others
 * @returns what it found
 */
export async function recordRound<Item extends ServerNeed & { readonly id: string }>(
  { session, logbook }: Pick<ScenarioContext, "session" | "logbook">,
  scenario: string,
  items: readonly Item[],
  measure: (item: Item, server: RunningTarget) => Promise<Measured>,
  findFault: FindFault = () => Promise.resolve(null),
  turns = 1,
): Promise<string | null> {
  const index = logbook.nextIndex(scenario);
  const order = items.map(({ id }) => id);
  const measured: Record<string, Measured[]> = {};
  const arms: Record<string, Measured> = {};
  try {
    await withServers(
      session,
      items,
      async (item, server) => {
        const own = (measured[item.id] ??= []);
        own.push(await measure(item, server));
        arms[item.id] = combineTurns(own);
      },
      turns,
    );
    const found = await findFault(arms);
    const outcome = found === null ? { valid: true } : { valid: false, reason: found };
    logbook.rounds.push({ scenario, index, order, ...outcome, arms });
    return found;
  } catch (fault) {
    const reason = session.signal.aborted
      ? "interrupted"
      : fault instanceof Error
        ? fault.message
        : String(fault);
    logbook.rounds.push({ scenario, index, order, valid: false, reason, arms });
    throw fault;
  }
}
