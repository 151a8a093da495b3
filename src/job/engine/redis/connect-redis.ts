import type { Redis, RedisOptions } from "ioredis";
import type { OutageLog } from "./outage-log.ts";
import type { RedisPackages } from "./redis-packages.ts";

/** How long one command of a request may take, and one try to connect. */
const answerTimeoutMs = 1000;
const mostReconnectDelayMs = 1000;

/** How a connection treats an outage. */
export type RedisUse =
  /** Commands of requests: fail at once while Redis is away, and within a second when it doesn't answer. */
  | "ask"
  /** Waits for Redis as long as it takes, as BullMQ and subscriptions need it. */
  | "wait";

/** Opens a connection that reconnects for ever; its errors go to the log, also those of its duplicates. */
export function connectRedis(
  { ioredis }: RedisPackages,
  url: string,
  use: RedisUse,
  outages: OutageLog,
): { readonly client: Redis; readonly close: () => void } {
  const options = {
    ...(use === "ask"
      ? {
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          commandTimeout: answerTimeoutMs,
          autoResendUnfulfilledCommands: false,
        }
      : { maxRetriesPerRequest: null }),
    connectTimeout: answerTimeoutMs,
    keepAlive: 10_000,
    connectionName: "stream-csv",
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), mostReconnectDelayMs),
    // After a failover the old primary refuses writes: find the new one.
    reconnectOnError: ({ message }: Error) => message.startsWith("READONLY"),
  } satisfies RedisOptions;
  const client = new ioredis.Redis(url, options);
  const clients = [client];
  client.on("error", (error) => outages.note(error));
  // BullMQ makes its blocking connection of this one, and has no listener for errors after its end.
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (override) => {
    const copy = duplicate(override);
    copy.on("error", (error) => outages.note(error));
    clients.push(copy);
    return copy;
  };
  return {
    client,
    close: () => {
      for (const each of clients) each.disconnect();
    },
  };
}
