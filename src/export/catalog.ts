import { didYouMean } from "../similar-name.ts";
import { systemClock, type Clock } from "../clock.ts";
import { requireObject } from "../check-arguments.ts";
import { StreamCsvError, toError, wrongType } from "../errors.ts";
import { generatedExportNames } from "../source/synthetic/generated-source.ts";
import { generatedExport, type ExportDefinition } from "./definition.ts";
import type { ServedQuery, ServedSource } from "./served-source.ts";
import type { SqlDatabase } from "./sql-database.ts";
import { SqliteQueries } from "./sqlite-queries.ts";
import { checkExportNames } from "./check-export-names.ts";
import { Databases, type DatabaseUsage } from "./databases.ts";
import type { ExportGroup } from "./export-group.ts";
import { FileExports } from "./file-exports.ts";
import { QueryExport } from "./query-export.ts";
import { RowsExport } from "./rows-export.ts";

/** What exports a catalog has. */
export interface CatalogOptions {
  /** What is exported: files, by their paths or with a name and options, queries and rows of programs. @default none */
  readonly sources?: readonly (string | ServedSource)[];
  /** Whether the generated exports are there. @default where there are no sources */
  readonly generated?: boolean;
  /** How long a reading waits for a connection of its database, in milliseconds. @default 30,000 */
  readonly queueTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** A source that can't be read, and why. */
interface SourceFault {
  /** What it is, such as `"flights.parquet"` or `the query "invoices"`. */
  readonly title: string;
  readonly error: StreamCsvError;
}

/** An export in a list: its definition, or the reason why its source can't be read at the moment. */
export type ListedExport =
  | { readonly name: string; readonly definition: ExportDefinition }
  | { readonly name: string; readonly error: StreamCsvError };

/** The exports a server knows. Sources may change at any time; each answer tells of them as they are now. */
export interface Catalog {
  /** The sources that couldn't be read when the catalog was opened. */
  readonly faults: readonly SourceFault[];
  /** What is used of the databases. */
  readonly databases: readonly DatabaseUsage[];
  /**
   * The export of that name.
   * @throws StreamCsvError `SCSV_UNKNOWN_EXPORT`, listing the names there are; what opening its source throws
   */
  find(name: string): Promise<ExportDefinition>;
  list(): Promise<readonly ListedExport[]>;
  /** Whether at least one export can be read at the moment. True if the catalog has no exports. */
  isReadable(): Promise<boolean>;
  /**
   * Closes the catalog when a source couldn't be read.
   * @throws StreamCsvError the fault of the source, or `SCSV_SOURCE_UNREADABLE` that names all of them
   */
  requireReadable(): Promise<void>;
  /** Closes all sources; readings under way are aborted. */
  close(): Promise<void>;
}

/**
 * Opens sources one after the other. One that can't be read is a fault of the catalog; requests for its exports fail until it
 * can be read.
 * @throws StreamCsvError `SCSV_DUPLICATE_EXPORT` when two exports would have one name, `SCSV_BAD_SETTING` for what can't be in
 *   the configuration of one, and for a name that a URL can't have
 */
export async function openCatalog(options: CatalogOptions = {}): Promise<Catalog> {
  requireObject("options", options);
  const { sources = [], clock = systemClock } = options;
  if (!Array.isArray(sources)) throw wrongType('sources is a list, such as ["flights.parquet"].');
  const databases = new Databases(clock, options.queueTimeoutMs);
  const groups = sources.map((source: string | ServedSource) => groupOf(source, databases, clock));
  const generated =
    (options.generated ?? groups.length === 0) ? generatedExportNames.map(generatedExport) : [];
  const faults: SourceFault[] = [];
  for (const group of groups) {
    try {
      await group.current();
    } catch (error) {
      faults.push(faultOf(group, error));
    }
  }
  const catalog = new OpenCatalog(generated, groups, databases, faults);
  try {
    checkExportNames(generated, groups);
  } catch (error) {
    await catalog.close();
    throw error;
  }
  return catalog;
}

function groupOf(source: string | ServedSource, databases: Databases, clock: Clock): ExportGroup {
  if (typeof source === "string") return new FileExports({ path: source });
  if ("module" in source) return new RowsExport(source, clock);
  if ("database" in source)
    return new QueryExport(source, () => databaseOf(source.database, databases), clock);
  return new FileExports(source);
}

async function databaseOf(database: ServedQuery["database"], databases: Databases): Promise<SqlDatabase> {
  return "path" in database ? new SqliteQueries(database.path) : await databases.get(database);
}

class OpenCatalog implements Catalog {
  readonly faults: readonly SourceFault[];
  readonly #generated: readonly ExportDefinition[];
  readonly #groups: readonly ExportGroup[];
  readonly #databases: Databases;

  constructor(
    generated: readonly ExportDefinition[],
    groups: readonly ExportGroup[],
    databases: Databases,
    faults: readonly SourceFault[],
  ) {
    this.#generated = generated;
    this.#groups = groups;
    this.#databases = databases;
    this.faults = faults;
  }

  get databases(): readonly DatabaseUsage[] {
    return this.#databases.usage;
  }

  async find(name: string): Promise<ExportDefinition> {
    const found = (await this.#findExactly(name)) ?? (await this.#findExactly(this.#lookingLike(name)));
    if (found !== undefined) return found;
    throw new StreamCsvError(
      "SCSV_UNKNOWN_EXPORT",
      `There is no export "${name}"; there are ${this.#lastNames().join(", ")}.${didYouMean(name, this.#lastNames())}`,
    );
  }

  async #findExactly(name: string | undefined): Promise<ExportDefinition | undefined> {
    if (name === undefined) return undefined;
    const generated = this.#generated.find((definition) => definition.name === name);
    if (generated !== undefined) return generated;
    let fault: unknown;
    for (const group of this.#candidates(name)) {
      try {
        const found = (await group.current()).get(name);
        if (found !== undefined) return found;
      } catch (error) {
        // Another source may still have the export.
        fault ??= error;
      }
    }
    if (fault !== undefined) throw fault;
    return undefined;
  }

  async list(): Promise<readonly ListedExport[]> {
    const listed: ListedExport[] = this.#generated.map((definition) => ({
      name: definition.name,
      definition,
    }));
    for (const group of this.#groups) listed.push(...(await listGroup(group)));
    return listed;
  }

  async isReadable(): Promise<boolean> {
    if (this.#generated.length > 0 || this.#groups.length === 0) return true;
    for (const group of this.#groups) {
      const listed = await listGroup(group);
      if (listed.some((one) => "definition" in one)) return true;
    }
    return false;
  }

  async requireReadable(): Promise<void> {
    const [first] = this.faults;
    if (first === undefined) return;
    await this.close();
    throw this.faults.length === 1 ? first.error : severalFaults(this.faults, this.#groups.length);
  }

  async close(): Promise<void> {
    await Promise.all(this.#groups.map((group) => group.close()));
    await this.#databases.close();
  }

  /** Groups that may have an export of this name. The one that had it last comes first. */
  #candidates(name: string): readonly ExportGroup[] {
    const candidates = this.#groups.filter((group) => group.mayHave(name));
    const had = candidates.filter(({ lastNames }) => lastNames.includes(name));
    return [...had, ...candidates.filter((group) => !had.includes(group))];
  }

  /**
   * The name that has the same letters in another normal form. Programs on macOS write an accent of a file's name apart from its
   * letter, and what people type has both in one.
   */
  #lookingLike(name: string): string | undefined {
    const form = name.normalize();
    return this.#lastNames().find((each) => each !== name && each.normalize() === form);
  }

  #lastNames(): readonly string[] {
    return [
      ...this.#generated.map((definition) => definition.name),
      ...this.#groups.flatMap(({ lastNames }) => lastNames),
    ];
  }
}

async function listGroup(group: ExportGroup): Promise<readonly ListedExport[]> {
  try {
    return [...(await group.current())].map(([name, definition]) => ({ name, definition }));
  } catch (thrown) {
    const { error } = faultOf(group, thrown);
    return group.lastNames.map((name) => ({ name, error }));
  }
}

function faultOf({ title }: ExportGroup, thrown: unknown): SourceFault {
  const error = toError(thrown);
  return {
    title,
    error:
      error instanceof StreamCsvError
        ? error
        : new StreamCsvError(
            "SCSV_INTERNAL",
            `Opening ${title} failed: ${error.message.replace(/\.$/, "")}.`,
            {
              cause: error,
            },
          ),
  };
}

function severalFaults(faults: readonly SourceFault[], sources: number): StreamCsvError {
  const reasons = faults.map(({ error }) => `\n  ${error.message}`).join("");
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `${faults.length} of ${sources} sources can't be read:${reasons}`,
    { hint: "Correct these or leave them out, or start without them: --skip-unreadable." },
  );
}
