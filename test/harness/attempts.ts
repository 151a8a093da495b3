const mostAttempts = 3;

/**
 * For what is exact unless the host takes the CPU away in the midst of it: a moment that was lost breaks one attempt, a
 * defect breaks them all.
 */
export async function inOneOfThree(attempt: () => Promise<void>): Promise<void> {
  for (let failed = 0; ; failed += 1) {
    try {
      return await attempt();
    } catch (fault) {
      if (failed + 1 >= mostAttempts) throw fault;
    }
  }
}
