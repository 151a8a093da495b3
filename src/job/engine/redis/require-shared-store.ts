import { StreamCsvError } from "../../../errors.ts";
import type { JobSettings } from "../../job-settings.ts";
import { redisAddress } from "./redis-address.ts";

/**
 * Refuses a store that only one machine reaches, since any machine may be asked for a result.
 * @throws StreamCsvError `SCSV_BAD_SETTING`
 */
export function requireSharedStore({ engine, store }: Pick<JobSettings, "engine" | "store">): void {
  if (store !== "folder") return;
  throw new StreamCsvError(
    "SCSV_BAD_SETTING",
    `jobs.store is "folder", which is on one machine, while jobs.engine is ${redisAddress(engine)}, which any machine may use. Set jobs.store to s3://BUCKET/PREFIX, or leave jobs.engine out.`,
    { parameter: "jobs.store" },
  );
}
