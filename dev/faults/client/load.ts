import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom, type Random } from "../../../bench/internal.ts";
import type { ClientContext } from "./client.ts";
import { downloads, type Behavior } from "./downloads.ts";
import { hostileClients } from "./hostile.ts";

/** How often each kind of client comes, beside the others. */
const weights: Readonly<Record<string, number>> = {
  plain: 8,
  slow: 5,
  pausing: 3,
  aborting: 4,
  "half-closing": 2,
  pipelined: 2,
  "file-making": 3,
  service: 4,
  cancelling: 2,
  malformed: 4,
  slowloris: 1,
  flood: 1,
  silent: 1,
};

/** Where clients come from, and how many there are at a time. */
export interface Way extends Omit<ClientContext, "random" | "over"> {
  readonly clients: number;
}

/** Clients that come until they are told that it is over. */
export interface Load {
  /** Ends it; resolves when the last client has left. */
  end(): Promise<void>;
}

/** Starts clients by all ways. Which they are follows from the seed; when they come depends on the server too. */
export function startLoad(ways: readonly Way[], seed: number): Load {
  const ended = new AbortController();
  // Every client that rests listens for the end.
  setMaxListeners(0, ended.signal);
  const running = ways.flatMap((way, wayNumber) =>
    Array.from({ length: way.clients }, (_, number) =>
      runClients(way, seededRandom(seed * 1000 + wayNumber * 100 + number), ended.signal),
    ),
  );
  const clients = Promise.all(running);
  // Whoever ends the load is told; until then it isn't an error that nobody handles.
  clients.catch(() => ended.abort());
  return {
    async end() {
      ended.abort();
      await clients;
    },
  };
}

async function runClients(way: Way, random: Random, over: AbortSignal): Promise<void> {
  // What a proxy makes of hostile and of half-closing clients is its own affair.
  const { "half-closing": _, ...throughProxy } = downloads;
  const table = way.way === "direct" ? { ...downloads, ...hostileClients } : throughProxy;
  while (!over.aborted) {
    const behavior = chosen(table, random);
    await behavior({ ...way, random, over });
    // Nobody comes back the very moment that a connection is refused.
    await sleep(random() * 200);
  }
}

function chosen(table: Readonly<Record<string, Behavior>>, random: Random): Behavior {
  const kinds = Object.entries(table).map(([name, behavior]) => ({ behavior, weight: weights[name] ?? 1 }));
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);
  let left = random() * total;
  for (const { behavior, weight } of kinds) {
    left -= weight;
    if (left < 0) return behavior;
  }
  throw new RangeError("There is no kind of client.");
}
