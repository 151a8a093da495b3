import { isGeneratedExportName, openCatalog, openExport, type ExportDefinition } from "../src/internal.ts";
import { sourcesNamed } from "./configuration/is-of-configuration.ts";
import type { LoadedConfiguration } from "./configuration/load-configuration.ts";
import { readFileFlags, requireTaken, type FileFlags } from "./file-flags.ts";
import type { ParameterText } from "./param-option.ts";

/** The flags that say which export is meant, and how its file is read. */
export interface NamedExportFlags extends FileFlags {
  readonly configuration?: LoadedConfiguration;
  readonly table?: string;
}

/**
 * Opens an export of the configuration, or else a generated one or a file.
 * @throws what opening a source throws
 */
export async function openNamedExport(
  nameOrPath: string,
  flags: NamedExportFlags,
): Promise<{ readonly definition: ExportDefinition; readonly close: () => Promise<void> }> {
  const options = readFileFlags(flags);
  const configured = sourcesNamed(nameOrPath, flags.configuration);
  if (configured.length > 0) {
    requireTaken(options, []);
    if (flags.table !== undefined)
      throw new Error(
        `--table ${flags.table} is for a file, and "${nameOrPath}" is an export of the configuration.`,
      );
    const catalog = await openCatalog({ sources: configured, generated: false });
    try {
      return { definition: await catalog.find(nameOrPath), close: () => catalog.close() };
    } catch (error) {
      await catalog.close();
      throw error;
    }
  }
  if (flags.table !== undefined && isGeneratedExportName(nameOrPath))
    throw new Error(
      `--table ${flags.table} is for a DuckDB or SQLite file, and "${nameOrPath}" is a generated export.`,
    );
  requireTaken(options, [nameOrPath]);
  return await openExport(nameOrPath, {
    ...options,
    ...(flags.table === undefined ? {} : { table: flags.table }),
  });
}

/**
 * Refuses a parameter that the export doesn't declare. One that every export has is a flag of its own.
 * @throws RangeError
 */
export function requireDeclared(
  { name, parameters }: ExportDefinition,
  given: readonly ParameterText[],
): void {
  const unknown = given.find(([key]) => !parameters.some((parameter) => parameter.name === key));
  if (unknown === undefined) return;
  const names = parameters.map((parameter) => parameter.name).join(", ");
  throw new RangeError(
    `--param ${unknown.join("=")}: "${name}" declares ${names === "" ? "no parameters" : `the parameters ${names}`}.`,
  );
}
