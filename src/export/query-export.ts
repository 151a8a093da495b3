import { encodeBatches, noProgress } from "../body/encode-batches.ts";
import type { Clock } from "../clock.ts";
import type { Batch } from "../csv/batch.ts";
import { CsvEncoder } from "../csv/csv-encoder.ts";
import { resolveDialect } from "../csv/resolve-dialect.ts";
import { StreamCsvError } from "../errors.ts";
import type { ReadOptions, Source } from "../source/source.ts";
import { ConfiguredExport } from "./configured-export.ts";
import { declareParameters } from "./declare-parameters.ts";
import type { DeclaredParameter, ParameterValues } from "./declared-parameter.ts";
import type { ExportDefinition, LiveVersion } from "./definition.ts";
import { deliveries } from "./delivery.ts";
import type { ServedQuery } from "./served-source.ts";
import type { DescribedSql, SqlDatabase } from "./sql-database.ts";
import { versionByTime } from "./version-by-time.ts";

/** How long the reason why a query can't be described is taken for granted. */
const faultMs = 1000;

/** What the database said of a query. */
interface Described {
  readonly database: SqlDatabase;
  readonly rows: DescribedSql;
  readonly version: DescribedSql | undefined;
}

/**
 * The export of a query. It is described by its database when it is first asked for, and again when a reading finds that its
 * columns have changed.
 */
export class QueryExport extends ConfiguredExport {
  readonly #served: ServedQuery;
  readonly #database: () => Promise<SqlDatabase>;
  readonly #clock: Clock;
  readonly #parameters: readonly DeclaredParameter[];
  #described: Promise<Described> | undefined;
  #fault: { readonly error: unknown; readonly atMs: number } | undefined;

  /**
   * @param database opens the database, or gives the one that is open
   * @throws StreamCsvError `SCSV_BAD_SETTING` for what can't be in the configuration of the query
   */
  constructor(served: ServedQuery, database: () => Promise<SqlDatabase>, clock: Clock) {
    super("query", served.name);
    this.#served = served;
    this.#database = database;
    this.#clock = clock;
    this.#parameters = declareParameters(served.name, served.parameters ?? {});
    if (served.version !== undefined && served.freshnessMs !== undefined)
      throw this.#cantBe("has both a version and a freshness; leave one of them out");
    this.#requireSettings(Object.entries(served.settings ?? {}));
  }

  protected async define(): Promise<ExportDefinition> {
    const fault = this.#fault;
    if (fault !== undefined && this.#clock.nowMs() - fault.atMs < faultMs) throw fault.error;
    this.#described ??= this.#describe();
    try {
      return this.#definition(await this.#described);
    } catch (error) {
      this.#described = undefined;
      this.#fault = { error, atMs: this.#clock.nowMs() };
      throw error;
    }
  }

  async #describe(): Promise<Described> {
    try {
      return await this.#describeQueries();
    } catch (error) {
      if (!(error instanceof StreamCsvError) || !error.code.startsWith("SCSV_DATABASE_")) throw error;
      const { code, message, cause, hint, retryAfterSeconds } = error;
      throw new StreamCsvError(
        code,
        `The export ${JSON.stringify(this.#served.name)} can't be read now. ${message}`,
        {
          cause,
          hint,
          ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        },
      );
    }
  }

  async #describeQueries(): Promise<Described> {
    const { name, sql, version } = this.#served;
    const database = await this.#database();
    const { signal } = new AbortController();
    const parameters = this.#parameters;
    const asked = { parameters, settings: this.#knownSettings() };
    const rows = await database.describe({ name, sql, ...asked }, signal);
    const unused = parameters.find((parameter) => !this.#isUsed(parameter.name, rows));
    if (unused !== undefined)
      throw this.#cantBe(
        `declares the parameter ${JSON.stringify(unused.name)}, which its SQL doesn't use`,
        `Use it as :${unused.name}, outside of quotes, or remove it.`,
      );
    const cheap =
      version === undefined
        ? undefined
        : await database.describe({ name: `${name} (version)`, sql: version, ...asked }, signal);
    return { database, rows, version: cheap };
  }

  /** Whether the SQL, or a setting of the transaction, has a parameter. */
  #isUsed(parameter: string, rows: DescribedSql): boolean {
    const settings = Object.values(this.#served.settings ?? {});
    return rows.parameters.includes(parameter) || settings.includes(`:${parameter}`);
  }

  #definition({ database, rows, version }: Described): ExportDefinition {
    const { name, description = null, deliveries: allowed = deliveries } = this.#served;
    return {
      name,
      description,
      kind: rows.kind,
      columns: rows.columns,
      rows: null,
      served: this.#served,
      parameters: this.#parameters,
      deliveries: allowed,
      live: { version: this.#liveVersion(database, version), pinsDatabase: true },
      source: (selection) =>
        this.#watched(
          rows.bind({
            values: selection.values,
            version: selection.version,
            settings: this.#settings(selection.values),
            settingParameters: this.#settingParameters(),
          }),
        ),
    };
  }

  #liveVersion(database: SqlDatabase, cheap: DescribedSql | undefined): LiveVersion | null {
    const { freshnessMs } = this.#served;
    if (freshnessMs !== undefined) return versionByTime(freshnessMs, this.#clock);
    if (cheap === undefined) return database.version?.bind(database) ?? null;
    return (values, signal) =>
      firstRow(
        cheap.bind({
          values,
          version: "",
          settings: this.#settings(values),
          settingParameters: this.#settingParameters(),
        }),
        signal,
      );
  }

  /** A source that has its query described anew when a reading finds other columns than were described. */
  #watched(source: Source): Source {
    const read = async function* (
      options: ReadOptions,
      onChanged: () => void,
    ): AsyncGenerator<Batch, void, undefined> {
      try {
        yield* source.read(options);
      } catch (error) {
        if (error instanceof StreamCsvError && error.code === "SCSV_SOURCE_CHANGED") onChanged();
        throw error;
      }
    };
    return {
      ...source,
      read: (options) =>
        read(options, () => {
          this.#described = undefined;
        }),
    };
  }

  /** The settings that don't depend on a request, and others with the defaults of their parameters: SQL may need a search_path. */
  #knownSettings(): ReadonlyMap<string, string> {
    const defaults = Object.fromEntries(
      this.#parameters.map((parameter) => [parameter.name, parameter.default]),
    );
    return new Map(
      [...this.#settings(defaults)].filter(([name]) => {
        const text = this.#served.settings?.[name] ?? "";
        return !text.startsWith(":") || defaults[text.slice(1)] !== null;
      }),
    );
  }

  /** The settings of the transaction, with the values of parameters in the place of their names. */
  #settings(values: ParameterValues): ReadonlyMap<string, string> {
    const settings = Object.entries(this.#served.settings ?? {});
    return new Map(
      settings.map(([name, text]) => [
        name,
        text.startsWith(":") ? String(values[text.slice(1)] ?? "") : text,
      ]),
    );
  }

  #settingParameters(): ReadonlyMap<string, string> {
    const settings = Object.entries(this.#served.settings ?? {});
    return new Map(
      settings.flatMap(([name, text]) => (text.startsWith(":") ? [[name, text.slice(1)] as const] : [])),
    );
  }

  #requireSettings(settings: readonly (readonly [string, string])[]): void {
    for (const [name, text] of settings) {
      if (fixedSettings.has(name.toLowerCase()))
        throw this.#cantBe(
          `sets ${JSON.stringify(name)}, which every export sets itself`,
          "Leave it out: rows are written as UTF-8, and SQL is read by the standard's rules for strings.",
        );
      if (!text.startsWith(":")) continue;
      const parameter = this.#parameters.find((declared) => declared.name === text.slice(1));
      if (parameter === undefined)
        throw this.#cantBe(
          `sets ${JSON.stringify(name)} to "${text}", but has no parameter "${text.slice(1)}"`,
        );
      if (parameter.list) throw this.#cantBe(`sets ${JSON.stringify(name)} to "${text}", which is a list`);
    }
  }

  #cantBe(what: string, hint?: string): StreamCsvError {
    const details = hint === undefined ? {} : { hint };
    return new StreamCsvError(
      "SCSV_BAD_SETTING",
      `The export ${JSON.stringify(this.#served.name)} ${what}.`,
      details,
    );
  }
}

/** What the rows and the SQL of an export are read by. */
const fixedSettings = new Set(["client_encoding", "standard_conforming_strings"]);

/** The text of the first row of a query; empty where it has none. */
async function firstRow(source: Source, signal: AbortSignal): Promise<string> {
  const dialect = resolveDialect("unix", { header: false });
  const batches = source.read({ signal, rows: 1 });
  const chunks = encodeBatches(batches, new CsvEncoder(source.columns, dialect), { ...noProgress });
  let text = "";
  for await (const chunk of chunks) text += Buffer.from(chunk).toString("utf8");
  return text;
}
