import { requireObject, StreamCsvError, toError, wrongType } from "../errors.ts";
import { generatedExportNames } from "../source/synthetic/generated-source.ts";
import { generatedExport, type ExportDefinition, type ServedFile } from "./definition.ts";
import { FileExports } from "./file-exports.ts";

/** What exports a catalog has. */
export interface CatalogOptions {
  /** Files whose rows are exported, by their paths, or with a name and options. @default none */
  readonly files?: readonly (string | ServedFile)[];
  /** Whether the generated exports are there. @default where there are no files */
  readonly generated?: boolean;
}

/** A file that can't be read, and why. */
interface FileFault {
  readonly path: string;
  readonly error: StreamCsvError;
}

/** An export in a list: its definition, or the reason why its file can't be read at the moment. */
export type ListedExport =
  | { readonly name: string; readonly definition: ExportDefinition }
  | { readonly name: string; readonly error: StreamCsvError };

/** The exports a server knows. Files may change at any time; each answer tells of them as they are now. */
export interface Catalog {
  /** The files that couldn't be read when the catalog was opened. */
  readonly faults: readonly FileFault[];
  /**
   * The export of that name.
   * @throws StreamCsvError `SCSV_UNKNOWN_EXPORT`, listing the names there are; what opening its file throws
   */
  find(name: string): Promise<ExportDefinition>;
  list(): Promise<readonly ListedExport[]>;
  /** Whether at least one export can be read at the moment. True if the catalog has no exports. */
  isReadable(): Promise<boolean>;
  /**
   * Closes the catalog when a file couldn't be read.
   * @throws StreamCsvError the fault of the file, or `SCSV_SOURCE_UNREADABLE` that names all of them
   */
  requireReadable(): Promise<void>;
  /** Closes all sources; readings under way are aborted. */
  close(): Promise<void>;
}

/**
 * Opens files one after the other. A file that can't be read is a fault of the catalog; requests for its exports fail until
 * the file can be read.
 * @throws StreamCsvError `SCSV_DUPLICATE_EXPORT` when two exports would have one name
 */
export async function openCatalog(options: CatalogOptions = {}): Promise<Catalog> {
  requireObject("options", options);
  const { files: paths = [] } = options;
  if (!Array.isArray(paths)) throw wrongType('files is a list of paths, such as ["flights.parquet"].');
  const files = paths.map(
    (file: string | ServedFile) => new FileExports(typeof file === "string" ? { path: file } : file),
  );
  const generated =
    (options.generated ?? files.length === 0) ? generatedExportNames.map(generatedExport) : [];
  const faults: FileFault[] = [];
  for (const file of files) {
    try {
      await file.current();
    } catch (error) {
      faults.push(faultOf(file, error));
    }
  }
  const catalog = new OpenCatalog(generated, files, faults);
  try {
    catalog.checkNames();
  } catch (error) {
    await catalog.close();
    throw error;
  }
  return catalog;
}

class OpenCatalog implements Catalog {
  readonly faults: readonly FileFault[];
  readonly #generated: readonly ExportDefinition[];
  readonly #files: readonly FileExports[];

  constructor(
    generated: readonly ExportDefinition[],
    files: readonly FileExports[],
    faults: readonly FileFault[],
  ) {
    this.#generated = generated;
    this.#files = files;
    this.faults = faults;
  }

  async find(name: string): Promise<ExportDefinition> {
    const generated = this.#generated.find((definition) => definition.name === name);
    if (generated !== undefined) return generated;
    let fault: unknown;
    for (const file of this.#candidates(name)) {
      try {
        const found = (await file.current()).get(name);
        if (found !== undefined) return found;
      } catch (error) {
        // Another file may still have the export.
        fault ??= error;
      }
    }
    if (fault !== undefined) throw fault;
    throw new StreamCsvError(
      "SCSV_UNKNOWN_EXPORT",
      `There is no export "${name}"; there are ${this.#lastNames().join(", ")}.`,
    );
  }

  async list(): Promise<readonly ListedExport[]> {
    const listed: ListedExport[] = this.#generated.map((definition) => ({
      name: definition.name,
      definition,
    }));
    for (const file of this.#files) listed.push(...(await listFile(file)));
    return listed;
  }

  async isReadable(): Promise<boolean> {
    if (this.#generated.length > 0 || this.#files.length === 0) return true;
    for (const file of this.#files) {
      const listed = await listFile(file);
      if (listed.some((one) => "definition" in one)) return true;
    }
    return false;
  }

  async requireReadable(): Promise<void> {
    const [first] = this.faults;
    if (first === undefined) return;
    await this.close();
    throw this.faults.length === 1 ? first.error : severalFaults(this.faults, this.#files.length);
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }

  /** @throws StreamCsvError `SCSV_DUPLICATE_EXPORT` */
  checkNames(): void {
    const owners = new Map<string, string>(this.#generated.map(({ name }) => [name, "a generated export"]));
    for (const { file, lastNames } of this.#files) {
      for (const name of lastNames) {
        const owner = owners.get(name);
        if (owner !== undefined) throw duplicate(name, file, owner);
        owners.set(name, JSON.stringify(file.path));
      }
    }
  }

  /** Files that may have an export of this name. The file that had it last comes first. */
  #candidates(name: string): readonly FileExports[] {
    const candidates = this.#files.filter((file) => file.mayHave(name));
    const had = candidates.filter(({ lastNames }) => lastNames.includes(name));
    return [...had, ...candidates.filter((file) => !had.includes(file))];
  }

  #lastNames(): readonly string[] {
    return [
      ...this.#generated.map((definition) => definition.name),
      ...this.#files.flatMap(({ lastNames }) => lastNames),
    ];
  }
}

async function listFile(file: FileExports): Promise<readonly ListedExport[]> {
  try {
    return [...(await file.current())].map(([name, definition]) => ({ name, definition }));
  } catch (thrown) {
    const { error } = faultOf(file, thrown);
    return file.lastNames.map((name) => ({ name, error }));
  }
}

function faultOf({ file }: FileExports, thrown: unknown): FileFault {
  const error = toError(thrown);
  return {
    path: file.path,
    error:
      error instanceof StreamCsvError
        ? error
        : new StreamCsvError(
            "SCSV_INTERNAL",
            `Opening ${JSON.stringify(file.path)} failed: ${error.message}.`,
            {
              cause: error,
            },
          ),
  };
}

function severalFaults(faults: readonly FileFault[], files: number): StreamCsvError {
  const reasons = faults.map(({ error }) => `\n  ${error.message}`).join("");
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `${faults.length} of ${files} files can't be read:${reasons}`,
    { hint: "Correct these files or leave them out, or start without them: --skip-unreadable." },
  );
}

function duplicate(name: string, file: ServedFile, owner: string): StreamCsvError {
  const path = JSON.stringify(file.path);
  return new StreamCsvError(
    "SCSV_DUPLICATE_EXPORT",
    `${path} and ${owner} would both be served as ${JSON.stringify(name)}.`,
    { hint: `Give one of them another name: NAME=${file.path}.` },
  );
}
