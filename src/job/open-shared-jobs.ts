import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { RedisEngine } from "./engine/redis/redis-engine.ts";
import type { JobStore } from "./job-store.ts";
import { openSharedStore, type SharedStoreContext } from "./open-shared-store.ts";

/** What jobs that several machines share need of this one. */
export interface SharedJobsContext extends SharedStoreContext {
  readonly clock: Clock;
}

/** Jobs that several machines share. */
export interface SharedJobs {
  readonly engine: RedisEngine;
  readonly store: JobStore;
  /** Hands back what runs here, and closes both. */
  close(): Promise<void>;
}

/**
 * Opens the engine and the store that machines share; the settings are checked already. This process runs jobs too.
 * @throws StreamCsvError `SCSV_ENGINE_MISSING`; what opening the store throws
 */
export async function openSharedJobs(context: SharedJobsContext): Promise<SharedJobs> {
  const { settings, log, clock } = context;
  const store = await openSharedStore(context);
  let engine: RedisEngine;
  try {
    engine = await RedisEngine.open({ settings, store, runsJobs: true, log, clock, newId: randomUUID });
  } catch (error) {
    await store.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await engine.close();
    await store.close();
  };
  return { engine, store, close };
}
