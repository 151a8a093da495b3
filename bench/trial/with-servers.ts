import type { RunningTarget, Target } from "../target/target.ts";
import { explained, type Session } from "./session.ts";

/** What a fresh server is started for. */
export interface ServerNeed {
  readonly target: Target;
  /** Rows it will be asked for. */
  readonly rows: number;
}

/**
 * Starts a fresh server for each item, all at once since starting takes longer than most exports, does something with
 * one after the other in the order given, and stops them all, whatever happens. A target of which only one can run is
 * started when its turn comes, and stopped before the next.
 */
export async function withServers<Item extends ServerNeed>(
  { signal }: Session,
  items: readonly Item[],
  use: (item: Item, server: RunningTarget) => Promise<void>,
): Promise<void> {
  const starts = await Promise.allSettled(
    items.map(async ({ target, rows }) => (target.canRunTwice ? target.start(signal, rows) : null)),
  );
  const servers = starts.map((start) => (start.status === "fulfilled" ? start.value : null));
  try {
    const failed = starts.find((start) => start.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    for (const [index, item] of items.entries()) {
      const server = servers[index];
      if (server === null || server === undefined) await useAlone(item, signal, use);
      else await useOne(item, server, use);
    }
  } finally {
    await Promise.all(servers.map(async (server) => server?.stop()));
  }
}

async function useAlone<Item extends ServerNeed>(
  item: Item,
  signal: AbortSignal,
  use: (item: Item, server: RunningTarget) => Promise<void>,
): Promise<void> {
  const server = await item.target.start(signal, item.rows);
  try {
    await useOne(item, server, use);
  } finally {
    await server.stop();
  }
}

async function useOne<Item>(
  item: Item,
  server: RunningTarget,
  use: (item: Item, server: RunningTarget) => Promise<void>,
): Promise<void> {
  try {
    await use(item, server);
  } catch (fault) {
    throw explained(fault, server.lastWords());
  }
}
