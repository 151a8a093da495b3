import type { Option } from "commander";
import {
  array,
  bigint,
  boolean,
  description,
  function_,
  integer,
  literal,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  record,
  strictObject,
  string,
  union,
  unknown,
  type GenericSchema,
} from "valibot";
import { deliveries } from "../../src/ground.ts";
import { authSchema, linksSchema, parameterTypes, tokensSchema } from "../../src/internal.ts";
import { fileEncodings } from "../../src/settings.ts";
import { RepeatableOption } from "../option.ts";

/** The flags that groups of a configuration set, and the settings of these groups that have no flag. */
export interface FlagGroups {
  readonly server: FlagGroup;
  readonly bench: FlagGroup;
}

/** A group of settings that are the flags of a command. */
export interface FlagGroup {
  readonly options: readonly Option[];
  /** Settings without a flag, by name; each is checked where it is read. */
  readonly own: readonly string[];
}

/** Flags that make no sense in a configuration. */
const unfit: ReadonlySet<string> = new Set(["config", "list", "version", "param"]);

const aDuration = "a duration, such as 500ms, 30s, 2m or 1h";
const duration = pipe(string(`it takes ${aDuration}`), description(aDuration));
const scalar = union([string(), number(), bigint(), boolean()]);
const count = pipe(number(), integer(), minValue(1));

const parameter = strictObject({
  type: picklist(parameterTypes),
  description: optional(string()),
  default: optional(union([scalar, array(scalar)])),
  optional: optional(boolean()),
  oneOf: optional(array(scalar)),
  list: optional(boolean()),
});

const database = strictObject({
  url: pipe(string(), description("postgres://USER:PASSWORD@HOST:5432/DATABASE, best as env:NAME")),
  connections: optional(pipe(count, description("connections of each worker at the most"))),
  statementTimeout: optional(
    pipe(duration, description("longest time of a query, slow clients included; none where it is absent")),
  ),
  role: optional(pipe(string(), description("the role that each transaction takes"))),
});

const jobs = strictObject({
  engine: optional(
    pipe(string(), description("local, or redis://HOST:6379 for several machines, best as env:NAME")),
  ),
  store: optional(pipe(string(), description("folder, or s3://BUCKET/PREFIX"))),
  keep: optional(pipe(duration, description("how long results stay"))),
  concurrency: optional(pipe(count, description("jobs that one server runs at the same time"))),
  queue: optional(pipe(number(), integer(), minValue(0), description("jobs that may wait"))),
  endpoint: optional(pipe(string(), description("the address of a service compatible with S3"))),
  forcePathStyle: optional(pipe(boolean(), description("whether addresses have the bucket in their path"))),
  region: optional(pipe(string(), description("the region of S3"))),
});

const column = union([string(), strictObject({ key: string(), header: optional(string()) })]);

const exportEntries = {
  file: optional(pipe(string(), description("a Parquet, CSV, JSON, DuckDB or SQLite file"))),
  database: optional(pipe(string(), description("the name of one of the databases"))),
  sql: optional(pipe(string(), description("one query; :name is the value of a parameter"))),
  sqlFile: optional(pipe(string(), description("a file with the query"))),
  description: optional(string()),
  columns: optional(pipe(array(column), description("the columns of rows that don't tell them"))),
  parameters: optional(record(string(), parameter)),
  deliveries: optional(array(picklist(deliveries))),
  freshness: optional(pipe(duration, description("how long equal requests may get the same rows"))),
  version: optional(
    pipe(string(), description("a cheap query whose row changes whenever the rows may have changed")),
  ),
  settings: optional(
    pipe(
      record(string(), string()),
      description("settings of the transaction; a value :name is that of a parameter"),
    ),
  ),
  delimiter: optional(string()),
  quote: optional(string()),
  header: optional(boolean()),
  encoding: optional(picklist(fileEncodings)),
  nullValue: optional(string()),
  skipRows: optional(pipe(number(), integer(), minValue(0))),
};

/**
 * The schema of a configuration. What flags set is checked by the flags' own parsers, which also say what is allowed; the schema
 * knows their names.
 * @param isModule whether it may hold functions
 */
export function configurationSchema(groups: FlagGroups, isModule: boolean): GenericSchema {
  const rows: Record<string, GenericSchema> = isModule ? { rows: optional(function_()) } : {};
  return strictObject({
    $schema: optional(string()),
    server: optional(pipe(groupSchema(groups.server), description("the flags of serve, in camelCase"))),
    databases: optional(record(string(), database)),
    exports: optional(record(string(), strictObject({ ...exportEntries, ...rows }))),
    tokens: optional(pipe(tokensSchema, description("who may ask for what; everyone where it is absent"))),
    links: optional(pipe(linksSchema, description("the keys of signed links"))),
    auth: optional(pipe(authSchema, description("whose JWTs are tokens too"))),
    jobs: optional(pipe(jobs, description("where jobs run, and where their results are"))),
    bench: optional(pipe(groupSchema(groups.bench), description("the flags of bench, in camelCase"))),
  });
}

/** The options of a command, and of the whole program, that a configuration can set. */
function settableOptions(options: readonly Option[]): readonly Option[] {
  return options.filter((option) => !unfit.has(option.attributeName()));
}

function groupSchema({ options, own }: FlagGroup): GenericSchema {
  const flags = settableOptions(options).map((option) => [
    option.attributeName(),
    optional(flagSchema(option)),
  ]);
  const others = own.map((name) => [name, optional(unknown())]);
  return strictObject(Object.fromEntries([...flags, ...others]) as Record<string, GenericSchema>);
}

/** What `true` means of a setting whose flag `--no-…` means false; the flag's description would say the opposite. */
const meaningsOfTrue: Readonly<Record<string, string>> = {
  headerIn: "whether the first record of CSV files names the columns; if not, they are column0, column1, …",
  color: "whether there is colour on a terminal; NO_COLOR in the environment turns it off",
  progress: "whether there is a progress bar on a terminal",
};

function flagSchema(option: Option): GenericSchema {
  const meaning = option.negate ? meaningsOfTrue[option.attributeName()] : option.description;
  if (meaning === undefined) throw new Error(`${option.long} needs a description of what true means.`);
  return pipe(valueSchema(option), description(meaning));
}

function valueSchema(option: Option): GenericSchema {
  if (option.isBoolean() || option.negate) return boolean();
  const one = union([string(), number()]);
  if (option instanceof RepeatableOption) return union([one, array(one)]);
  if (option.optional) return union([one, literal(true)]);
  return one;
}
