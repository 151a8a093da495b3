import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { ServedSource } from "../export/served-source.ts";
import type { FileChecker } from "../spool/spool-file.ts";
import type { SpoolFolder } from "../spool/folder/spool-folder.ts";
import { LocalEngine } from "./engine/local/local-engine.ts";
import type { JobEngine } from "./job-engine.ts";
import type { JobSettings } from "./job-settings.ts";
import type { JobStore } from "./job-store.ts";
import { FolderStore } from "./store/folder-store.ts";

/** What jobs of a server need. */
export interface JobsContext {
  readonly settings: JobSettings;
  readonly sources: readonly (string | ServedSource)[];
  readonly folder: Pick<SpoolFolder, "directory" | "spool">;
  /** Checks results in that folder before they are sent. */
  readonly checker: FileChecker;
  readonly log: Logger;
  readonly clock: Clock;
}

/** The jobs of a server: what runs them, and where their results are. */
export interface Jobs {
  readonly engine: JobEngine;
  readonly store: JobStore;
  /** Ends what runs here, and both. */
  close(): Promise<void>;
}

/**
 * Opens the engine and the store that the settings name.
 * @throws what opening the engine or the store throws
 */
export async function openJobs(context: JobsContext): Promise<Jobs> {
  const { settings, folder, log, clock } = context;
  // What only some servers use is loaded where it is wanted, so that the others start faster.
  if (settings.engine !== "local") {
    const { openSharedJobs } = await import("./open-shared-jobs.ts");
    return await openSharedJobs(context);
  }
  const store = await openStore(context);
  const engine = await LocalEngine.open({
    settings,
    folder: join(folder.directory, "jobs"),
    uid: process.getuid?.(),
    store,
    log,
    clock,
    newId: randomUUID,
  });
  return {
    engine,
    store,
    close: async () => {
      await engine.close();
      await store.close();
    },
  };
}

async function openStore(context: JobsContext): Promise<JobStore> {
  const { settings, folder, checker, sources } = context;
  if (settings.store === "folder") return new FolderStore(folder.spool, checker, sources);
  const { openSharedStore } = await import("./open-shared-store.ts");
  return await openSharedStore(context);
}
