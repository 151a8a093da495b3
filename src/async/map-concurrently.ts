/** Files of which there may be a hundred thousand are read so many at once, since each takes several calls of the system. */
const usualMost = 32;

/**
 * Calls a function for each item, some at the same time, and gives the results in the order of the items. After a failure no further
 * item is begun.
 * @throws what the first call that failed threw, when no call runs any more
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
  most = usualMost,
): Promise<readonly R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  const rest = items.entries();
  const takeItems = async (): Promise<void> => {
    for (const [at, item] of rest) {
      try {
        results[at] = await act(item);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, takeItems));
  if (failures.length > 0) throw failures[0];
  return results;
}
