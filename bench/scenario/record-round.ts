import type { Measured } from "../result/metric.ts";
import type { RunningTarget } from "../subject/target.ts";
import { combineTurns, withDuet } from "../session/measure/combine-turns.ts";
import { withServers, type Started, type ServerNeed } from "../session/server/with-servers.ts";
import type { ScenarioContext } from "./scenario.ts";

/** What a round is, beside one measurement of each arm by itself. */
export interface RoundDesign<Item> {
  /**
   * How often each arm is measured by itself, in turn with the others.
   * @default 1
   */
  readonly turns?: number;
  /** Measures all arms whose servers run side by side at once, after their turns; what it gives is by the arm's id. */
  readonly measureTogether?: (
    started: readonly Started<Item>[],
  ) => Promise<Readonly<Record<string, Measured>>>;
  /** Why what the round gave doesn't count, in a sentence; null when it does. Without it each counts. */
  readonly findFault?: (arms: Readonly<Record<string, Measured>>) => Promise<string | null>;
}

/**
 * Measures the arms of one round, one after the other and each on a fresh server, and notes what they gave.
 * When one fails, or the run is interrupted, what was measured is kept and said not to count, and the fault goes on.
 * @returns why the round doesn't count, or null
 */
export async function recordRound<Item extends ServerNeed & { readonly id: string }>(
  { session, record }: Pick<ScenarioContext, "session" | "record">,
  scenario: string,
  items: readonly Item[],
  measure: (item: Item, server: RunningTarget) => Promise<Measured>,
  {
    turns = 1,
    measureTogether = () => Promise.resolve({}),
    findFault = () => Promise.resolve(null),
  }: RoundDesign<Item> = {},
): Promise<string | null> {
  const index = record.nextIndex(scenario);
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
      {
        turns,
        async useTogether(started) {
          const together = await measureTogether(started);
          for (const [id, duet] of Object.entries(together)) arms[id] = withDuet(arms[id] ?? {}, duet);
        },
      },
    );
    const found = await findFault(arms);
    const outcome = found === null ? { valid: true } : { valid: false, reason: found };
    record.rounds.push({ scenario, index, order, ...outcome, arms });
    return found;
  } catch (fault) {
    const reason = session.signal.aborted
      ? "interrupted"
      : fault instanceof Error
        ? fault.message
        : String(fault);
    record.rounds.push({ scenario, index, order, valid: false, reason, arms });
    throw fault;
  }
}
