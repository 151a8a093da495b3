/** What is still to be ended when this process exits. */
const pending = new Set<() => void>();

/**
 * Calls a function when this process exits early, until the returned function takes that back. All share one listener:
 * Node takes many listeners of an event for a leak.
 */
export function endAtExit(end: () => void): () => void {
  if (pending.size === 0) process.on("exit", endAll);
  pending.add(end);
  return () => {
    pending.delete(end);
    if (pending.size === 0) process.off("exit", endAll);
  };
}

function endAll(): void {
  for (const end of pending) end();
}
