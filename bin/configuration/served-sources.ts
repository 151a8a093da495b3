import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { didYouMean, messageOf } from "../../src/ground.ts";
import { parseFileOptions } from "../../src/settings.ts";
import type { Configuration, ExportConfiguration, ServedDatabase, ServedSource } from "../../src/server.ts";
import { decodeUtf8File } from "./decode-utf8-file.ts";
import { durationIn } from "./duration-in.ts";
import { quoteValue } from "./quote-value.ts";

/** What the configured exports are read from. */
interface Origin {
  /** The absolute path of the configuration. */
  readonly file: string;
  readonly databases: ReadonlyMap<string, ServedDatabase>;
}

/**
 * The exports of a configuration as the server takes them.
 * @throws RangeError that names the file and the path, and says what can't be
 */
export function servedSources(configuration: Configuration, file: string): readonly ServedSource[] {
  const databases = new Map(
    Object.entries(configuration.databases ?? {}).map(([name, { statementTimeout, ...database }]) => {
      const timeout = durationIn(statementTimeout, ["databases", name, "statementTimeout"], file);
      return [name, { name, ...database, ...(timeout === undefined ? {} : { statementTimeoutMs: timeout }) }];
    }),
  );
  return Object.entries(configuration.exports ?? {}).map(([name, settings]) =>
    servedSource(name, settings, { file, databases }),
  );
}

/** Fields that only some kinds of exports have. */
const fieldsOfKinds = {
  file: ["file", "delimiter", "quote", "header", "encoding", "nullValue", "skipRows"],
  query: ["database", "sql", "sqlFile", "parameters", "freshness", "version", "settings"],
  sqlite: ["file", "sql", "sqlFile", "parameters", "freshness", "version"],
  rows: ["rows", "columns", "parameters", "freshness"],
} as const;

type Kind = keyof typeof fieldsOfKinds;

function servedSource(name: string, settings: ExportConfiguration, origin: Origin): ServedSource {
  if (name === "")
    throw new RangeError(
      `"exports" in "${origin.file}" has an export with an empty name; give it one, such as invoices.`,
    );
  const kind = kindOf(name, settings, origin.file);
  const allowed = new Set<string>(["description", "deliveries", ...fieldsOfKinds[kind]]);
  const unfit = Object.keys(settings).find((field) => !allowed.has(field));
  if (unfit !== undefined)
    throw fault(
      name,
      origin.file,
      `has ${JSON.stringify(unfit)}, which an export of ${titles[kind]} doesn't take`,
    );
  return makers[kind](name, settings, origin);
}

const titles: Readonly<Record<Kind, string>> = {
  file: "a file",
  query: "a query",
  sqlite: "a query of a SQLite file",
  rows: "rows",
};

function kindOf(name: string, settings: ExportConfiguration, file: string): Kind {
  const kinds: Kind[] = [];
  if (settings.file !== undefined) kinds.push(hasSql(settings) ? "sqlite" : "file");
  if (settings.database !== undefined) kinds.push("query");
  if (settings.rows !== undefined) kinds.push("rows");
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw fault(
      name,
      file,
      `has ${kind === undefined ? "none" : "several"} of file, database with sql, and rows (in a module); it needs one of them`,
    );
  return kind;
}

function hasSql({ sql, sqlFile }: ExportConfiguration): boolean {
  return sql !== undefined || sqlFile !== undefined;
}

const makers: Readonly<
  Record<Kind, (name: string, settings: ExportConfiguration, origin: Origin) => ServedSource>
> = {
  file: (name, settings, { file }) => ({
    ...common(settings),
    name,
    path: resolve(dirname(file), settings.file ?? ""),
    ...fileOptions(name, settings, file),
  }),
  query: (name, settings, origin) => ({
    ...common(settings),
    ...live(name, settings, origin.file),
    name,
    database: databaseOf(name, settings, origin),
    sql: sqlOf(name, settings, origin.file),
    ...(settings.settings === undefined ? {} : { settings: settings.settings }),
    ...(settings.version === undefined ? {} : { version: settings.version }),
  }),
  sqlite: (name, settings, { file }) => ({
    ...common(settings),
    ...live(name, settings, file),
    name,
    database: { path: sqliteFile(name, settings, file) },
    sql: sqlOf(name, settings, file),
    ...(settings.version === undefined ? {} : { version: settings.version }),
  }),
  rows: (name, settings, { file }) => ({
    ...common(settings),
    ...live(name, settings, file),
    name,
    module: file,
    ...(settings.columns === undefined ? {} : { columns: settings.columns }),
  }),
};

function common({
  description,
  deliveries,
}: ExportConfiguration): Pick<ServedSource, "description" | "deliveries"> {
  return {
    ...(description === undefined ? {} : { description }),
    ...(deliveries === undefined ? {} : { deliveries }),
  };
}

function live(
  name: string,
  { parameters, freshness }: ExportConfiguration,
  file: string,
): { readonly parameters?: ExportConfiguration["parameters"] & object; readonly freshnessMs?: number } {
  const freshnessMs = durationIn(freshness, ["exports", name, "freshness"], file);
  return {
    ...(parameters === undefined ? {} : { parameters }),
    ...(freshnessMs === undefined ? {} : { freshnessMs }),
  };
}

function fileOptions(name: string, settings: ExportConfiguration, file: string): object {
  const { delimiter, quote, encoding, nullValue, skipRows, header } = settings;
  try {
    return parseFileOptions({
      delimiter,
      quote,
      encoding,
      nullValue,
      header,
      skipRows: skipRows === undefined ? undefined : String(skipRows),
    });
  } catch (cause) {
    throw new RangeError(`"exports.${name}" in "${file}" can't be used: ${messageOf(cause)}`, { cause });
  }
}

function sqliteFile(name: string, { file: path = "" }: ExportConfiguration, file: string): string {
  if (/\.(?:sqlite3?|db)$/i.test(path)) return resolve(dirname(file), path);
  throw fault(
    name,
    file,
    `has SQL for ${JSON.stringify(path)}, which is not a SQLite file: one ends in .sqlite, .sqlite3 or .db`,
  );
}

function databaseOf(name: string, { database = "" }: ExportConfiguration, origin: Origin): ServedDatabase {
  const found = origin.databases.get(database);
  if (found !== undefined) return found;
  const names = [...origin.databases.keys()];
  const known = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
  const { message } = fault(name, origin.file, `names the database ${quoteValue(database)}; ${known}`);
  throw new RangeError(message + didYouMean(database, names));
}

function sqlOf(name: string, { sql, sqlFile }: ExportConfiguration, file: string): string {
  if ((sql === undefined) === (sqlFile === undefined))
    throw fault(
      name,
      file,
      `has ${sql === undefined ? "neither sql nor" : "both sql and"} sqlFile; it needs one of them`,
    );
  if (sql !== undefined) return sql;
  const what = `has the sqlFile ${JSON.stringify(sqlFile)}, which`;
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(dirname(file), sqlFile ?? ""));
  } catch (cause) {
    throw fault(name, file, `${what} can't be read: ${messageOf(cause)}`);
  }
  const text = decodeUtf8File(bytes);
  if (text === undefined) throw fault(name, file, `${what} is not UTF-8 text; save it as UTF-8`);
  if (text.trim() === "") throw fault(name, file, `${what} is empty`);
  return text;
}

function fault(name: string, file: string, what: string): RangeError {
  return new RangeError(`"exports.${name}" in "${file}" ${what}.`);
}
