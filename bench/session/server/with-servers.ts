import type { RunningTarget, Target } from "../../subject/target.ts";
import { withLastWords, type Session } from "../session.ts";

/** So many servers start at once; more would compete for memory and connections, and slow each other down. */
const mostTogether = 4;

/** The server an item needs. */
export interface ServerNeed {
  readonly target: Target;
  /** Rows it will be asked for. */
  readonly rows: number;
}

/** Items whose servers run side by side, because they are compared with each other. */
export interface SideBySide<Item> {
  /** Items of one group run side by side. */
  readonly groupOf: (item: Item) => string;
  /**
   * Called with all servers of a group, after the last turn.
   * @default nothing is done with them at the same time
   */
  readonly use?: (served: readonly Started<Item>[]) => Promise<void>;
}

/** An item and its running server. */
export interface Started<Item> {
  readonly item: Item;
  readonly server: RunningTarget;
}

/** What is done with servers, beside using each once. */
export interface ServerUse<Item> {
  /**
   * How often each is used, in turn with the others.
   * @default 1
   */
  readonly turns?: number;
  /** Which run side by side, however many there are. @default none */
  readonly sideBySide?: SideBySide<Item>;
}

/**
 * Starts a fresh server for each item, uses one after the other in the order given, and stops them all, whatever happens.
 * A few are started at once, because starting takes longer than most exports. A machine may not hold many, so that of many
 * only those run at once that are used side by side, one group after the other; every other one is started at its turn, has
 * all its turns at once, and is stopped before the next. So is a target of which only one can run at a time. With more than
 * one turn it goes through those that run side by side again, back and forth.
 */
export async function withServers<Item extends ServerNeed>(
  session: Session,
  items: readonly Item[],
  use: (item: Item, server: RunningTarget) => Promise<void>,
  options: ServerUse<Item> = {},
): Promise<void> {
  for (const group of groupsOf(items, options.sideBySide)) await withGroup(session, group, use, options);
}

/** The items that run at once, in the order in which they are used. */
export function groupsOf<Item>(
  items: readonly Item[],
  sideBySide: Pick<SideBySide<Item>, "groupOf"> | undefined,
): readonly (readonly Item[])[] {
  if (items.length <= mostTogether) return [items];
  if (sideBySide === undefined) return items.map((item) => [item]);
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = sideBySide.groupOf(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

async function withGroup<Item extends ServerNeed>(
  { signal }: Session,
  items: readonly Item[],
  use: (item: Item, server: RunningTarget) => Promise<void>,
  { turns = 1, sideBySide }: ServerUse<Item>,
): Promise<void> {
  const starts = await Promise.allSettled(
    items.map(async ({ target, rows }) => (target.canRunTwice ? target.start(signal, rows) : null)),
  );
  const servers = starts.map((start) => (start.status === "fulfilled" ? start.value : null));
  try {
    const failed = starts.find((start) => start.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    const pairs = items.map((item, index) => ({ item, server: servers[index] ?? null }));
    for (let turn = 0; turn < turns; turn += 1) {
      for (const { item, server } of turn % 2 === 0 ? pairs : pairs.toReversed()) {
        if (server !== null) await useOne(item, server, use);
        else if (turn === 0) await useAlone(item, signal, use, turns);
      }
    }
    await sideBySide?.use?.(pairs.flatMap(({ item, server }) => (server === null ? [] : [{ item, server }])));
  } finally {
    await Promise.all(servers.map(async (server) => server?.stop()));
  }
}

async function useAlone<Item extends ServerNeed>(
  item: Item,
  signal: AbortSignal,
  use: (item: Item, server: RunningTarget) => Promise<void>,
  turns: number,
): Promise<void> {
  const server = await item.target.start(signal, item.rows);
  try {
    for (let turn = 0; turn < turns; turn += 1) await useOne(item, server, use);
  } finally {
    await server.stop();
  }
}

async function useOne<Item extends ServerNeed>(
  item: Item,
  server: RunningTarget,
  use: (item: Item, server: RunningTarget) => Promise<void>,
): Promise<void> {
  try {
    await use(item, server);
  } catch (fault) {
    throw await withLastWords(fault, { server, target: item.target });
  }
}
