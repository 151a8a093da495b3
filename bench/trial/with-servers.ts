import type { RunningTarget } from "../target/target.ts";
import { explained, type Session } from "./session.ts";

/**
 * Starts a fresh server for each name, all at once, does something with one after the other in the order given, and
 * stops them all, whatever happens.
 */
export async function withServers(
  { target, signal }: Session,
  names: readonly string[],
  use: (name: string, server: RunningTarget) => Promise<void>,
): Promise<void> {
  const starts = await Promise.allSettled(names.map(() => target.start(signal)));
  const servers = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  try {
    for (const [index, start] of starts.entries()) {
      if (start.status === "rejected") throw start.reason;
      try {
        await use(names[index] ?? "", start.value);
      } catch (fault) {
        throw explained(fault, start.value.lastWords());
      }
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
