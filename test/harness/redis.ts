import { startRedis as startOne, type RedisServer } from "../../dev/redis-server.ts";
import { endOnSignal } from "./children.ts";

export { noRedis, type RedisServer as TestRedis } from "../../dev/redis-server.ts";

/** Starts a Redis of a test; it ends also when the runner ends a slow test file. */
export async function startRedis(options: { readonly password?: string } = {}): Promise<RedisServer> {
  endOnSignal();
  return await startOne(options);
}
