import type { RunPlan, ScenarioContext } from "./scenario.ts";

/** Rounds of a scenario that needs few: one in a quick run, else as many as were asked for up to a limit. */
export function roundsUpTo(most: number, { isQuick, rounds }: Pick<RunPlan, "isQuick" | "rounds">): number {
  return isQuick ? 1 : Math.min(rounds, most);
}

/**
 * Whether another part that takes as long as those before would end too late. The clock decides this, never the results.
 * @param done parts since `startMs`; the first one is always measured
 * @param reserveMs what still has to be done after it
 */
export function isNextTooLate(
  { session, deadlineMs }: Pick<ScenarioContext, "session" | "deadlineMs">,
  { startMs, done, reserveMs = 0 }: { startMs: number; done: number; reserveMs?: number },
): boolean {
  if (deadlineMs === null || done === 0) return false;
  const nowMs = session.clock.nowMs();
  return nowMs + (nowMs - startMs) / done + reserveMs > deadlineMs;
}
