import { StreamCsvError, messageOf } from "../../src/ground.ts";
import type { Measured } from "../result/metric.ts";
import { combineTurns, withDuet } from "../session/measure/combine-turns.ts";
import { isWrongBody } from "../session/measure/require-same-body.ts";
import { groupsOf, withServers, type ServerNeed, type Started } from "../session/server/with-servers.ts";
import type { RunningTarget } from "../subject/target.ts";
import type { ScenarioContext } from "./scenario.ts";

/** Arms that are compared with each other. */
export interface Together<Item> {
  /** The servers of one group run side by side. */
  readonly groupOf: (item: Item) => string;
  /** Measures a group at the same time, after the turns of its arms; returns what it measured by arm id. @default nothing */
  readonly measure?: (started: readonly Started<Item>[]) => Promise<Readonly<Record<string, Measured>>>;
}

/** What a round contains beside one measurement of each arm by itself. */
export interface RoundDesign<Item> {
  /**
   * How often each arm is measured by itself, in turn with the others.
   * @default 1
   */
  readonly turns?: number;
  /** Which arms are compared with each other. @default none */
  readonly together?: Together<Item>;
  /** Returns why the round does not count, in a sentence, or null when it counts. Without it every round counts. */
  readonly findFault?: (arms: Readonly<Record<string, Measured>>) => Promise<string | null>;
}

/**
 * Measures the arms of one round, one after the other and each on a fresh server, and records what they gave. When one
 * fails, or the run is interrupted, what was measured is kept in a round that does not count, and the error is thrown.
 * @returns why the round does not count, or null
 */
export async function recordRound<Item extends ServerNeed & { readonly id: string }>(
  { session, record }: Pick<ScenarioContext, "session" | "record">,
  scenario: string,
  items: readonly Item[],
  measure: (item: Item, server: RunningTarget) => Promise<Measured>,
  { turns = 1, together, findFault = () => Promise.resolve(null) }: RoundDesign<Item> = {},
): Promise<string | null> {
  const index = record.nextIndex(scenario);
  const order = groupsOf(items, together).flatMap((group) => group.map(({ id }) => id));
  // Not in an object, which has a "toString" before a target of that name.
  const measured = new Map<string, Measured[]>();
  const arms: Record<string, Measured> = {};
  try {
    await withServers(
      session,
      items,
      async (item, server) => {
        const own = measured.get(item.id) ?? [];
        measured.set(item.id, own);
        own.push(
          await measure(item, server).catch((fault: unknown) => {
            throw withArm(item.id, fault);
          }),
        );
        arms[item.id] = combineTurns(own);
      },
      {
        turns,
        ...(together === undefined
          ? {}
          : {
              sideBySide: {
                groupOf: together.groupOf,
                async use(started: readonly Started<Item>[]): Promise<void> {
                  const duets = (await together.measure?.(started)) ?? {};
                  for (const [id, duet] of Object.entries(duets))
                    arms[id] = withDuet((Object.hasOwn(arms, id) ? arms[id] : undefined) ?? {}, duet);
                },
              },
            }),
      },
    );
    const found = await findFault(arms);
    const outcome = found === null ? { valid: true } : { valid: false, reason: found };
    record.rounds.push({ scenario, index, order, ...outcome, arms });
    return found;
  } catch (fault) {
    const reason = session.signal.aborted ? "interrupted" : messageOf(fault);
    record.rounds.push({ scenario, index, order, valid: false, reason, arms });
    throw fault;
  }
}

/** An error that names the arm it came from; one about a wrong body names it already. */
function withArm(id: string, fault: unknown): unknown {
  if (!(fault instanceof StreamCsvError) || isWrongBody(fault)) return fault;
  return new StreamCsvError(fault.code, `${id}: ${fault.message}`, { cause: fault, hint: fault.hint });
}
