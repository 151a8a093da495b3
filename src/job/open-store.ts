import { StreamCsvError } from "../errors.ts";
import type { ServedSource } from "../export/served-source.ts";
import type { SpoolFolder } from "../spool/folder/spool-folder.ts";
import type { JobSettings } from "./job-settings.ts";
import type { JobStore } from "./job-store.ts";
import { FolderStore } from "./store/folder-store.ts";

/** What a store needs. */
export interface StoreContext {
  readonly settings: JobSettings;
  readonly sources: readonly (string | ServedSource)[];
  /** That of prepared files; null where there is none. */
  readonly folder: Pick<SpoolFolder, "spool"> | null;
}

/** Opens the store that the settings name. @throws StreamCsvError `SCSV_BAD_SETTING` */
export function openStore({ settings, sources, folder }: StoreContext): Promise<JobStore> {
  if (settings.store === "folder" && folder !== null)
    return Promise.resolve(new FolderStore(folder.spool, sources));
  throw new StreamCsvError("SCSV_BAD_SETTING", `jobs.store is "${settings.store}", which can't be used.`, {
    parameter: "jobs.store",
  });
}
