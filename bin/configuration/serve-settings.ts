import { notAmong } from "../../src/ground.ts";
import {
  array,
  boolean,
  integer,
  minValue,
  number,
  partial,
  picklist,
  pipe,
  record,
  regex,
  safeParse,
  strictObject,
  string,
  union,
  type GenericSchema,
} from "valibot";
import { dialectOptionNames, readExportParameters, resolveDialect } from "../../src/internal.ts";
import type { DefaultDialect, HttpSettings } from "../../src/server.ts";
import type { OwnSettings } from "./apply-settings.ts";
import { quoteValue } from "./quote-value.ts";

/** Settings of a server that have no flag. */
export interface ServeSettings {
  readonly csv?: DefaultDialect;
  readonly http?: Partial<HttpSettings>;
}

/** Reads each of them from a configuration file. */
export const serveSettings: OwnSettings = {
  csv: readDefaultDialect,
  http: (value) => read(httpSchema, value, "an object with limits and headers of HTTP"),
} satisfies Record<keyof ServeSettings, (value: unknown) => unknown>;

const amount = pipe(number(), integer(), minValue(1));

const httpSchema = partial(
  strictObject({
    headBytes: amount,
    headerCount: amount,
    targetBytes: amount,
    parameterCount: amount,
    mostRows: amount,
    connectionsPerAddress: amount,
    bodyBytes: pipe(number(), integer(), minValue(0)),
    requestTimeoutMs: amount,
    keepAliveTimeoutMs: amount,
    cacheControl: pipe(string(), regex(/^[\x20-\x7e]+$/, "a header value must be visible ASCII")),
    codings: array(picklist(["zstd", "br", "gzip"])),
  }),
);

/** The same names and texts as in a query string; JSON numbers and booleans are accepted too. */
function readDefaultDialect(value: unknown): DefaultDialect {
  const options = read(
    record(string(), union([string(), number(), boolean()])),
    value,
    "an object of options",
  );
  const allowed: readonly string[] = ["dialect", ...dialectOptionNames];
  const unknown = Object.keys(options).find((name) => !allowed.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(notAmong(unknown, "an option of a dialect", allowed));
  }
  const texts = Object.entries(options).map(([name, option]) => [name, String(option)] as const);
  const { dialect, dialectOptions } = readExportParameters(texts);
  resolveDialect(dialect, dialectOptions);
  return { dialect, dialectOptions };
}

function read<T>(schema: GenericSchema<unknown, T>, value: unknown, what: string): T {
  const parsed = safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const place = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  // valibot says of an unknown name that it expected "never".
  const reason = issue.expected === "never" ? "there is no such setting" : issue.message;
  throw new RangeError(
    `${quoteValue(value)} is not ${what}${place === "" ? "" : `, at "${place}"`}: ${reason}.`,
  );
}
