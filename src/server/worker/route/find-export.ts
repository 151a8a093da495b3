import { StreamCsvError } from "../../../errors.ts";
import type { Catalog } from "../../../export/catalog.ts";
import type { ExportDefinition } from "../../../export/definition.ts";
import type { Caller } from "../../access/caller.ts";

/**
 * An export that the caller may have. What it may not have doesn't exist, as far as it can see.
 * @throws StreamCsvError `SCSV_UNKNOWN_EXPORT`; what opening its file throws
 */
export async function findExport(catalog: Catalog, name: string, caller: Caller): Promise<ExportDefinition> {
  if (!caller.mayExport(name)) throw unknown(name);
  if (!caller.isRestricted) return await catalog.find(name);
  return await catalog.find(name).catch((error: unknown) => {
    // The error of the catalog lists all names.
    throw error instanceof StreamCsvError && error.code === "SCSV_UNKNOWN_EXPORT" ? unknown(name) : error;
  });
}

function unknown(name: string): StreamCsvError {
  return new StreamCsvError("SCSV_UNKNOWN_EXPORT", `There is no export "${name}".`);
}
