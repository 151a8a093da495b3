const mostAttempts = 3;

/**
 * For measurements that are exact unless the host takes the CPU away meanwhile: such a moment breaks one attempt, a
 * defect breaks all of them.
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
