import { requireUsableAddress } from "../../job/engine/redis/redis-address.ts";
import { requireSharedStore } from "../../job/engine/redis/require-shared-store.ts";
import type { JobSettings } from "../../job/job-settings.ts";
import { parseS3Location } from "../../job/store/s3/s3-location.ts";
import { address, fields, orNull, someText, truth, whole, type SettingCheck } from "./setting-check.ts";

/** The most worker processes of one server, and the most jobs that it runs at the same time. */
export const mostWorkers = 256;

const checks: { readonly [N in keyof JobSettings]: SettingCheck } = {
  engine: address("local", ["redis:", "rediss:"], "redis://HOST:6379"),
  store: address("folder", ["s3:"], "s3://BUCKET/PREFIX"),
  keepMs: whole(1, Number.MAX_SAFE_INTEGER),
  concurrency: whole(1, mostWorkers),
  queue: whole(0, Number.MAX_SAFE_INTEGER),
  endpoint: orNull(address(null, ["https:", "http:"], "https://HOST")),
  forcePathStyle: truth,
  region: orNull(someText),
};

/**
 * Checks where jobs run and where their results are, each by itself and both together.
 * @throws what a `SettingCheck` throws; StreamCsvError `SCSV_BAD_SETTING` for a name of a bucket or an address of Redis that can't
 *   be, and for a store that only one machine reaches with an engine of several
 */
export function checkJobs(name: string, value: unknown): void {
  fields(name, value, checks);
  const { engine, store } = value as JobSettings;
  if (engine !== "local") {
    requireUsableAddress(engine);
    requireSharedStore({ engine, store });
  }
  if (store !== "folder") parseS3Location(store);
}
