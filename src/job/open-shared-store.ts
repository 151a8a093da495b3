import type { Logger } from "pino";
import type { ServedSource } from "../export/served-source.ts";
import type { JobSettings } from "./job-settings.ts";
import type { JobStore } from "./job-store.ts";
import { S3Store } from "./store/s3/s3-store.ts";

/** What a store that every machine reaches needs. */
export interface SharedStoreContext {
  readonly settings: JobSettings;
  readonly sources: readonly (string | ServedSource)[];
  readonly log: Logger;
}

/** Opens the store outside this machine that the settings name. @throws what `S3Store.open` throws */
export async function openSharedStore({ settings, sources, log }: SharedStoreContext): Promise<JobStore> {
  const onWarning = (error: Error): void => log.warn({ err: error }, "results of jobs are in trouble");
  return await S3Store.open(settings, sources, { onWarning });
}
