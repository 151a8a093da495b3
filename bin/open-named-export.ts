import { didYouMean, StreamCsvError } from "../src/ground.ts";
import {
  generatedExportNames,
  isGeneratedExportName,
  openCatalog,
  openExport,
  type ExportDefinition,
} from "../src/internal.ts";
import { fileKindOf, hasTables } from "../src/settings.ts";
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
  let unknown: unknown;
  if (configured.length > 0) {
    const catalog = await openCatalog({ sources: configured, generated: false });
    try {
      const definition = await catalog.find(nameOrPath);
      requireTaken(options, []);
      if (flags.table !== undefined)
        throw new Error(
          `--table ${flags.table} is for a file, and "${nameOrPath}" is an export of the configuration.`,
        );
      return { definition, close: () => catalog.close() };
    } catch (error) {
      await catalog.close();
      if (!isUnknown(error)) throw error;
      // A file may be named like a source with several tables: books.csv beside the source "books".
      unknown = error;
    }
  }
  if (flags.table !== undefined) requireTables(nameOrPath, flags.table);
  requireTaken(options, [nameOrPath]);
  try {
    return await openExport(nameOrPath, {
      ...options,
      ...(flags.table === undefined ? {} : { table: flags.table }),
    });
  } catch (error) {
    if (unknown !== undefined && isUnknown(error)) throw unknown;
    throw withConfigured(error, nameOrPath, flags.configuration);
  }
}

function requireTables(nameOrPath: string, table: string): void {
  const kind = fileKindOf(nameOrPath);
  const other = isGeneratedExportName(nameOrPath)
    ? "a generated export"
    : kind !== undefined && !hasTables(kind.ending)
      ? `a ${kind.ending} file`
      : undefined;
  if (other !== undefined)
    throw new Error(`--table ${table} is for a DuckDB or SQLite file, and "${nameOrPath}" is ${other}.`);
}

function isUnknown(error: unknown): error is StreamCsvError {
  return error instanceof StreamCsvError && error.code === "SCSV_UNKNOWN_EXPORT";
}

/** An unknown name may be meant for one of the configuration, which the exports of the library don't know. */
function withConfigured(
  error: unknown,
  name: string,
  configuration: LoadedConfiguration | undefined,
): unknown {
  if (configuration === undefined) return error;
  if (!isUnknown(error)) return error;
  const configured = configuration.sources.map((source) => source.name ?? "");
  const known = [...configured, ...generatedExportNames];
  const message = `There is no export "${name}"; there are ${known.join(", ")}.${didYouMean(name, known)}`;
  return new StreamCsvError(error.code, message, { cause: error, hint: error.hint });
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
  const names = parameters.map((parameter) => parameter.name);
  const declared = names.length === 0 ? "no parameters" : `the parameters ${names.join(", ")}`;
  throw new RangeError(
    `--param ${unknown.join("=")}: "${name}" declares ${declared}.${didYouMean(unknown[0], names)}`,
  );
}
