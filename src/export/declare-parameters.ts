import { notAmong } from "../similar-name.ts";
import { StreamCsvError, toError } from "../errors.ts";
import {
  readItem,
  type DeclaredParameter,
  type GivenValue,
  type ParameterOptions,
  type ParameterValue,
} from "./declared-parameter.ts";
import { isParameterType, parameterTypes } from "./parameter-type.ts";
import { exportParameters } from "./parameters.ts";

/** Names that a query string has for every export. */
const exportNames: ReadonlySet<string> = new Set(exportParameters.map(({ name }) => name));

/** Names that a query string has for a signed link. */
const linkNames: ReadonlySet<string> = new Set(["expires", "key", "signature"]);

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/**
 * Checks the parameters that an export declares, and brings their default and allowed values into the one form of their type.
 * @throws StreamCsvError `SCSV_BAD_SETTING` that names the export, the parameter and what can't be
 */
export function declareParameters(
  exportName: string,
  given: Readonly<Record<string, ParameterOptions>>,
): readonly DeclaredParameter[] {
  return Object.entries(given).map(([name, options]) => {
    try {
      return declare(name, options);
    } catch (error) {
      throw new StreamCsvError(
        "SCSV_BAD_SETTING",
        `The parameter ${JSON.stringify(name)} of the export ${JSON.stringify(exportName)} can't be used: ${toError(error).message}`,
        { cause: error, parameter: name },
      );
    }
  });
}

function declare(name: string, options: ParameterOptions): DeclaredParameter {
  if (!namePattern.test(name))
    throw new RangeError("a name has letters, digits and underscores, at most 63, and begins with no digit.");
  if (exportNames.has(name))
    throw new RangeError("every export has a parameter of this name already. Give it another one.");
  if (linkNames.has(name))
    throw new RangeError("signed links have a parameter of this name already. Give it another one.");
  const { type, description = null, optional = false, list = false } = options;
  if (!isParameterType(type)) throw new RangeError(notAmong(type, "a type", parameterTypes));
  const oneOf = options.oneOf === undefined ? null : options.oneOf.map((value) => textIn({ type }, value));
  if (oneOf?.length === 0) throw new RangeError("oneOf is empty, so that no value would be allowed.");
  const byDefault = defaultOf(options, { type, oneOf, list });
  if (optional && byDefault !== null)
    throw new RangeError("it has a default and is optional too. Leave one of them out.");
  return { name, type, description, default: byDefault, optional, oneOf, list };
}

function defaultOf(
  { default: given }: ParameterOptions,
  rules: Pick<DeclaredParameter, "type" | "oneOf" | "list">,
): ParameterValue {
  if (given === undefined) return null;
  if (isList(given) !== rules.list)
    throw new RangeError(
      rules.list ? "it is a list, so its default is one too." : "its default is a list, and it is not one.",
    );
  return isList(given) ? given.map((value) => textIn(rules, value)) : textIn(rules, given);
}

function textIn(
  {
    type,
    oneOf = null,
  }: { readonly type: DeclaredParameter["type"]; readonly oneOf?: readonly string[] | null },
  value: GivenValue,
): string {
  return readItem({ type, oneOf }, String(value));
}

function isList(value: GivenValue | readonly GivenValue[]): value is readonly GivenValue[] {
  return Array.isArray(value);
}
