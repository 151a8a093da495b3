import type { Redis } from "ioredis";
import type { Logger } from "pino";

/** Before that, scripts could not ask for the time and then write. */
const oldestMajor = 5;

/** Logs a warning for a Redis that is too old, or that may remove keys of jobs when its memory is full. */
export async function warnOfSettings(redis: Redis, log: Logger): Promise<void> {
  const info = await redis.info();
  const [, version = ""] = /^redis_version:(.*?)\r?$/m.exec(info) ?? [];
  const [, policy = "noeviction"] = /^maxmemory_policy:(.*?)\r?$/m.exec(info) ?? [];
  if (Number.parseInt(version, 10) < oldestMajor)
    log.warn({ version }, `Redis of the jobs is too old: use ${oldestMajor}.0 or later`);
  if (policy !== "noeviction")
    log.warn(
      { policy },
      "Redis of the jobs may lose jobs when its memory is full: set maxmemory-policy noeviction",
    );
}
