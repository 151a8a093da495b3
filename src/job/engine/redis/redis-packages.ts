import type * as Bullmq from "bullmq";
import type * as Ioredis from "ioredis";
import { StreamCsvError } from "../../../errors.ts";

/** The optional packages that talk to Redis. */
export interface RedisPackages {
  readonly bullmq: Pick<typeof Bullmq, "Queue" | "Worker" | "DelayedError" | "WaitingError">;
  readonly ioredis: Pick<typeof Ioredis, "Redis">;
}

/**
 * Loads the optional packages of jobs on Redis.
 * @param load loads them, or throws
 * @throws StreamCsvError `SCSV_ENGINE_MISSING`
 */
export async function loadRedisPackages(
  load: () => Promise<RedisPackages> = loadBoth,
): Promise<RedisPackages> {
  try {
    return await load();
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_ENGINE_MISSING",
      "Jobs on Redis need the optional packages bullmq and ioredis, which can't be loaded: run npm install bullmq ioredis.",
      { cause },
    );
  }
}

async function loadBoth(): Promise<RedisPackages> {
  const [bullmq, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
  return { bullmq, ioredis };
}
