import { fileStem } from "../source/open-source.ts";
import { openCatalog } from "./catalog.ts";
import type { ExportDefinition } from "./definition.ts";
import type { ServedSource } from "./served-source.ts";

/** An export, and a function that closes what was opened for it. */
export interface FoundExport {
  readonly definition: ExportDefinition;
  readonly close: () => Promise<void>;
}

/**
 * Opens an export by its name, without opening what surely doesn't have it. A name that no source can have is that of a
 * generated export.
 * @throws what opening and describing its source throws; StreamCsvError `SCSV_UNKNOWN_EXPORT`
 */
export async function findServed(
  name: string,
  sources: readonly (string | ServedSource)[],
): Promise<FoundExport> {
  const candidates = sources.filter((source) => mayHave(source, name));
  const catalog = await openCatalog({ sources: candidates, generated: candidates.length === 0 });
  const close = (): Promise<void> => catalog.close();
  try {
    return { definition: await catalog.find(name), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether a source may have an export of that name: its own, or one of its tables. */
function mayHave(source: string | ServedSource, name: string): boolean {
  const own =
    typeof source === "string"
      ? fileStem(source)
      : (source.name ?? fileStem("path" in source ? source.path : ""));
  return name === own || name.startsWith(`${own}.`);
}
