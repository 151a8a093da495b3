import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom, type Random } from "../../../bench/internal.ts";
import type { ClientContext } from "./client.ts";
import { downloads, type Behavior } from "./downloads.ts";
import { hostileClients } from "./hostile.ts";

/** The relative frequency of each kind of client. */
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

/** The ways to the server, and how many clients use each at a time. */
export interface Way extends Omit<ClientContext, "random" | "over"> {
  readonly clients: number;
}

/** Clients that run until they are stopped. */
export interface Load {
  /** Stops the clients; resolves when the last one has disconnected. */
  end(): Promise<void>;
}

/** Starts clients on all ways. The seed decides their kinds; their timing depends on the server too. */
export function startLoad(ways: readonly Way[], seed: number): Load {
  const ended = new AbortController();
  // Every resting client listens for the end.
  setMaxListeners(0, ended.signal);
  const running = ways.flatMap((way, wayNumber) =>
    Array.from({ length: way.clients }, (_, number) =>
      runClients(way, seededRandom(seed * 1000 + wayNumber * 100 + number), ended.signal),
    ),
  );
  const clients = Promise.all(running);
  // `end` reports this error; until then it must not count as unhandled.
  clients.catch(() => ended.abort());
  return {
    async end() {
      ended.abort();
      await clients;
    },
  };
}

async function runClients(way: Way, random: Random, over: AbortSignal): Promise<void> {
  // How a proxy treats hostile and half-closing clients isn't the server's doing.
  const { "half-closing": _, ...throughProxy } = downloads;
  const table = way.way === "direct" ? { ...downloads, ...hostileClients } : throughProxy;
  while (!over.aborted) {
    const behavior = chosen(table, random);
    await behavior({ ...way, random, over });
    // A refused client waits before it connects again.
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
