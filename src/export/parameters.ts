import { encoderNames, type EncoderName } from "../csv/encoder-name.ts";
import { dialectOptionNames, dialectTextOptions, parseDialectOption } from "../csv/dialect-text.ts";
import { dialects, type DialectOptions, type DialectName } from "../csv/dialect.ts";
import { isDialectName } from "../csv/resolve-dialect.ts";
import { requireObject } from "../check-arguments.ts";
import { StreamCsvError, toError, wrongType } from "../errors.ts";
import { didYouMean, notAmong } from "../similar-name.ts";
import { parseCount } from "../units.ts";
import {
  readParameterValue,
  type DeclaredParameter,
  type ParameterValue,
  type ParameterValues,
} from "./declared-parameter.ts";
import { readColumnList } from "./column-list.ts";
import { deliveries, isDelivery, type Delivery } from "./delivery.ts";
import { readFileName } from "./file-name.ts";
import { allowedOf } from "./parameter-type.ts";
import { isSecretParameter } from "./secret-parameter.ts";

/** The parameters of a request, parsed but not yet checked against a particular export. Plain data. */
export interface ExportParameters {
  readonly delivery: Delivery;
  /** Rows at the most; null for the export's own number. */
  readonly rows: number | null;
  /** Seed of a generated export; null where none was given. */
  readonly seed: number | null;
  /** Columns by name, in the order wanted; null for all. */
  readonly columns: readonly string[] | null;
  /** Without its ending, which the dialect decides. */
  readonly filename: string | null;
  readonly dialect: DialectName;
  /** Options of the dialect that replace its own. */
  readonly dialectOptions: DialectOptions;
  /** How rows are encoded, to the same bytes; null for the server's own choice. */
  readonly encoder: EncoderName | null;
  /** Values of the parameters that the export itself declares. */
  readonly values: ParameterValues;
}

type Parameters = { -readonly [K in keyof ExportParameters]: ExportParameters[K] };

/** A parameter of an export: its name, what it means, and how its text is read into the parameters. */
export interface ExportParameter {
  readonly name: string;
  /** What stands for the value in a help text. */
  readonly placeholder: string;
  readonly description: string;
  /** Throws an error whose message quotes the value and says what is allowed. */
  read(text: string, into: Parameters): void;
}

/** Every parameter of an export, in the order help lists them: one table for query strings and flags alike. */
export const exportParameters: readonly ExportParameter[] = [
  {
    name: "delivery",
    placeholder: deliveries.join("|"),
    description: "how the body is delivered",
    read: (text, into) => {
      if (!isDelivery(text)) throw new RangeError(notAmong(text, "a delivery", deliveries));
      into.delivery = text;
    },
  },
  {
    name: "rows",
    placeholder: "N",
    description: "number of rows; 0 is the header alone (default: 1,000,000 of a generated export, else all)",
    read: (text, into) => {
      into.rows = parseCount(text);
    },
  },
  {
    name: "seed",
    placeholder: "N",
    description: "seed of a generated export (default: 1)",
    read: (text, into) => {
      into.seed = parseCount(text);
    },
  },
  {
    name: "columns",
    placeholder: "A,B",
    description: "columns wanted, in order, written as one CSV row (default: all)",
    read: (text, into) => {
      into.columns = readColumnList(text);
    },
  },
  {
    name: "filename",
    placeholder: "NAME",
    description: "name under which the client saves the file; the dialect decides its ending",
    read: (text, into) => {
      into.filename = readFileName(text);
    },
  },
  {
    name: "dialect",
    placeholder: "NAME",
    description: `how rows become text: ${Object.keys(dialects).join(", ")} (default: rfc4180)`,
    read: (text, into) => {
      if (!isDialectName(text)) throw new RangeError(notAmong(text, "a dialect", Object.keys(dialects)));
      into.dialect = text;
    },
  },
  {
    name: "encoder",
    placeholder: encoderNames.join("|"),
    description: "encoder of the rows; both give the same bytes (default: fast)",
    read: (text, into) => {
      const encoder = encoderNames.find((name) => name === text);
      if (encoder === undefined) throw new RangeError(notAmong(text, "an encoder", encoderNames));
      into.encoder = encoder;
    },
  },
  ...dialectOptionNames.map((name): ExportParameter => ({
    name,
    placeholder: dialectTextOptions[name].placeholder,
    description: dialectTextOptions[name].description,
    read: (text, into) => {
      into.dialectOptions = { ...into.dialectOptions, ...parseDialectOption(name, text) };
    },
  })),
];

const entriesByName: ReadonlyMap<string, ExportParameter> = new Map(
  exportParameters.map((entry) => [entry.name, entry]),
);

/** How rows become text where nothing else is asked for. */
export interface DefaultDialect {
  readonly dialect: DialectName;
  /** Options of the dialect that replace its own. */
  readonly dialectOptions: DialectOptions;
}

export const defaultDialect: DefaultDialect = { dialect: "rfc4180", dialectOptions: {} };

/**
 * Parses the parameters of an export from the texts of a query string or of flags: those that every export has, and those that
 * it declares itself. Single options of a dialect are added to the default ones. A named dialect replaces the default dialect
 * and its options.
 * @throws StreamCsvError `SCSV_BAD_PARAMETER` for one that is unknown, given twice or has a value that isn't allowed
 */
export function readExportParameters(
  texts: readonly (readonly [string, string])[],
  byDefault: DefaultDialect = defaultDialect,
  declared: readonly DeclaredParameter[] = [],
): ExportParameters {
  if (!Array.isArray(texts) || !texts.every(isPairOfTexts))
    throw wrongType('Parameters are a list of pairs of texts, such as [["rows", "10"]].');
  requireObject("byDefault", byDefault, "dialect", "dialectOptions");
  const isDialectNamed = texts.some(([name]) => name === "dialect");
  const { dialect, dialectOptions } = isDialectNamed ? defaultDialect : byDefault;
  const parameters: Parameters = {
    delivery: "streaming",
    rows: null,
    seed: null,
    columns: null,
    filename: null,
    dialect,
    dialectOptions,
    encoder: null,
    values: {},
  };
  const own = new Map<string, string[]>(declared.map(({ name }) => [name, []]));
  const seen = new Set<string>();
  for (const [name, text] of texts) {
    const given = own.get(name);
    if (given !== undefined) {
      given.push(text);
      continue;
    }
    const entry = entriesByName.get(name);
    if (entry === undefined) {
      const known = [...own.keys(), ...entriesByName.keys()];
      const value = isSecretParameter(name) ? "" : ` with value "${text}"`;
      throw badParameter(
        name,
        `Unknown parameter "${name}"${value}; it takes ${known.join(", ")}.${didYouMean(name, known)}`,
      );
    }
    if (seen.has(name))
      throw badParameter(
        name,
        `The parameter "${name}" is given twice, the second time as "${text}"; give it once.`,
      );
    seen.add(name);
    try {
      entry.read(text, parameters);
    } catch (error) {
      throw badParameter(name, `Parameter "${name}": ${toError(error).message}`, error);
    }
  }
  parameters.values = Object.fromEntries(
    declared.map((parameter) => [parameter.name, valueOf(parameter, own.get(parameter.name) ?? [])]),
  );
  return parameters;
}

/** The value of a parameter that an export declares, from the texts given for it. */
function valueOf(parameter: DeclaredParameter, texts: readonly string[]): ParameterValue {
  const { name, type, list, oneOf } = parameter;
  if (texts.length === 0) {
    if (parameter.default !== null || parameter.optional) return parameter.default;
    const allowed = oneOf === null ? allowedOf(type) : `one of ${oneOf.join(", ")}`;
    throw badParameter(
      name,
      `Parameter "${name}" is missing; it takes ${list ? `a list, each item ${allowed}` : allowed}.`,
    );
  }
  try {
    return readParameterValue(parameter, texts);
  } catch (error) {
    throw badParameter(name, `Parameter "${name}": ${toError(error).message}`, error);
  }
}

function isPairOfTexts(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === "string");
}

/** The error for one named parameter. */
export function badParameter(parameter: string, message: string, cause?: unknown): StreamCsvError {
  return new StreamCsvError(
    "SCSV_BAD_PARAMETER",
    message,
    cause === undefined ? { parameter } : { parameter, cause },
  );
}
