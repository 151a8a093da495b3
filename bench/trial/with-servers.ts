import type { RunningTarget } from "../target/target.ts";
import { explained, type Session } from "./session.ts";

/**
 * Starts a fresh server for each name, all at once since starting takes longer than most exports, does something with one after the other in the order given, and
 * stops them all, whatever happens.
 */
export async function withServers<Name>(
  { target, signal }: Session,
  names: readonly Name[],
  use: (name: Name, server: RunningTarget) => Promise<void>,
): Promise<void> {
  const starts = await Promise.allSettled(names.map(() => target.start(signal)));
  const servers = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  try {
    const failed = starts.find((start) => start.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    for (const [index, name] of names.entries()) {
      const server = servers[index];
      if (server !== undefined) await useOne(name, server, use);
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function useOne<Name>(
  name: Name,
  server: RunningTarget,
  use: (name: Name, server: RunningTarget) => Promise<void>,
): Promise<void> {
  try {
    await use(name, server);
  } catch (fault) {
    throw explained(fault, server.lastWords());
  }
}
