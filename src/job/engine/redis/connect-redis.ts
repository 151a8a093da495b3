import type { Redis, RedisOptions } from "ioredis";
import type { OutageLog } from "./outage-log.ts";
import type { OwnRedisOption } from "./redis-address.ts";
import type { RedisPackages } from "./redis-packages.ts";

/** How long one command of a request may take, and one try to connect. */
const answerTimeoutMs = 1000;
const mostReconnectDelayMs = 1000;

/** What a replica answers to a write. Before 7.0 Redis puts it into a sentence where a script writes. */
const readOnly = /(?:^|-)READONLY /;

/** How a connection treats an outage. */
export type RedisUse =
  /** Commands of requests: fail at once while Redis is away, and within a second when it doesn't answer. */
  | "ask"
  /** Waits for Redis as long as it takes, as BullMQ and subscriptions need it. */
  | "wait";

/** What is set here, an address can't choose. */
type OwnOptions = Pick<RedisOptions, OwnRedisOption>;

const optionsByUse: Readonly<Record<RedisUse, OwnOptions>> = {
  ask: {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: answerTimeoutMs,
    autoResendUnfulfilledCommands: false,
  },
  wait: { maxRetriesPerRequest: null },
};

/** A connection to Redis. */
export interface RedisConnection {
  readonly client: Redis;
  /** Ends it and its duplicates; what waits for an answer is rejected. */
  readonly close: () => Promise<void>;
}

/** Opens a connection that reconnects for ever; its errors go to the log, also those of its duplicates. */
export function connectRedis(
  { ioredis }: RedisPackages,
  url: string,
  use: RedisUse,
  outages: OutageLog,
): RedisConnection {
  let isClosed = false;
  const options: OwnOptions = {
    ...optionsByUse[use],
    connectTimeout: answerTimeoutMs,
    keepAlive: 10_000,
    connectionName: "stream-csv",
    retryStrategy: (times: number) =>
      isClosed ? null : Math.min(50 * 2 ** Math.min(times, 10), mostReconnectDelayMs),
    // After a failover the old primary refuses writes: find the new one.
    reconnectOnError: ({ message }: Error) => readOnly.test(message),
  };
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
    close: async () => {
      isClosed = true;
      await Promise.all(clients.map(end));
    },
  };
}

/**
 * Ends a connection. ioredis leaves one that waits to reconnect as it is, with its commands waiting for ever, so it is connected
 * once more.
 */
async function end(client: Redis): Promise<void> {
  if (client.status === "end") return;
  const ended = new Promise<void>((resolve) => {
    client.once("end", resolve);
  });
  const isWaiting = client.status === "reconnecting";
  client.disconnect();
  if (isWaiting) {
    client.once("connect", () => client.disconnect());
    // Whether or not it connects, it ends.
    client.connect().catch(() => undefined);
  }
  await ended;
}
