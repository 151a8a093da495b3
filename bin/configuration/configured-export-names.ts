import { fileAsked } from "./file-asked.ts";
import { isModuleFile, readConfiguration } from "./read-configuration.ts";

/**
 * The names of the exports of the configuration, which is read but neither checked nor used: no database is asked for. Of a
 * configuration that is a module there are none, since to press a key in a shell must not run the program of a folder.
 * @param asked what `--config FILE` and `--no-config` ask for
 * @throws Error that names a file that can't be read
 */
export async function configuredExportNames(asked: string | false | undefined): Promise<readonly string[]> {
  const file = fileAsked(asked);
  if (file === undefined || isModuleFile(file)) return [];
  const { value } = await readConfiguration(file);
  const exports = typeof value === "object" && value !== null && "exports" in value ? value.exports : null;
  return Object.keys(exports ?? {});
}
