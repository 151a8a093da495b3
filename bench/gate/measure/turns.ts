import type { PlannedArm } from "../../session/arm.ts";
import { groupsOf } from "../../session/server/with-servers.ts";
import { isOfContent, isOfMemory, isOfProcessors, type Budget } from "../budget/budget.ts";

/** What an arm sends in one round of what is judged. */
const bytesPerRound = 64 * 1024 ** 2;
/** A slow server gives fewer exports per round, so that a round of it takes no longer than this. */
const secondsPerRound = 2;
/**
 * Many where exports are short: the CPU time of threads that ended is known only in ticks of 10 ms, so a server with a
 * thread for each request needs enough work between two readings.
 */
const mostTurns = 32;

/** How many exports an arm gives in a round. */
export interface Turns {
  /** By itself, in turn with the others: for times, and everything else that a busy neighbor would change. */
  readonly alone: number;
  /** At the same time as the others: for CPU time. Memory is the maximum of all. 0 when CPU time is not judged. */
  readonly duet: number;
}

/**
 * What is judged gets many exports, as many as the slowest and largest arm allows; everything else gets one.
 * @param isInterleaved whether arms are compared with arms of the same round, so that CPU time may be taken in a duet
 */
export function turnsOf(
  arms: readonly (Pick<PlannedArm, "body" | "exportSeconds"> &
    Partial<Pick<PlannedArm, "isSampled" | "target">>)[],
  { budgets, isInterleaved }: { readonly budgets: readonly Budget[]; readonly isInterleaved: boolean },
): Turns {
  const bytes = Math.max(1, ...arms.map(({ body }) => body.bytes));
  const seconds = Math.max(0.001, ...arms.map(({ exportSeconds }) => exportSeconds));
  const turns = Math.floor(Math.min(bytesPerRound / bytes, secondsPerRound / seconds));
  const many = Math.min(mostTurns, Math.max(1, turns));
  // An earlier run took one export alone, so a run compared with it takes one, too: more of them cost less each.
  if (!isInterleaved) return { alone: 1, duet: 0 };
  // Servers that can't run at the same time take turns for CPU time, too.
  const canRunTogether = arms.every(
    ({ target, isSampled = true }) => isSampled && target?.canRunTwice !== false,
  );
  if (!canRunTogether) return { alone: many, duet: 0 };
  return { alone: budgets.some(isOfClock) ? many : 1, duet: budgets.some(isOfProcessors) ? many : 0 };
}

/** How many steps one batch has, when no round has to be repeated. */
export function gateSteps(
  { arms, rounds }: { readonly arms: readonly Pick<PlannedArm, "subject">[]; readonly rounds: number },
  { alone, duet }: Turns,
): number {
  const duets = duet === 0 ? 0 : groupsOf(arms, { groupOf: ({ subject }) => subject }).length;
  return rounds * (arms.length * alone + duets);
}

/** What other servers that work at the same time would change. */
function isOfClock(budget: Budget): boolean {
  return !isOfProcessors(budget) && !isOfMemory(budget) && !isOfContent(budget);
}
