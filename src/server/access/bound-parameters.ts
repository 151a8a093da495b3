import { StreamCsvError } from "../../errors.ts";
import { textsOfItems, type DeclaredParameter } from "../../export/declared-parameter.ts";
import type { Caller } from "./caller.ts";

/**
 * Adds the parameters whose values the caller's token decides. Of a list each value is one item, whatever it holds: a claim
 * may be a text that somebody chose, and must not become several items at its commas.
 * @param declared the parameters of the export
 * @throws StreamCsvError `SCSV_BOUND_PARAMETER` when the request gives one of them itself
 */
export function withBound(
  texts: readonly (readonly [string, string])[],
  { bound }: Caller,
  declared: readonly Pick<DeclaredParameter, "name" | "list">[],
): readonly (readonly [string, string])[] {
  if (bound.size === 0) return texts;
  const given = texts.find(([name]) => bound.has(name));
  if (given !== undefined) {
    const message = `The parameter "${given[0]}" is decided by the token. Leave it out.`;
    throw new StreamCsvError("SCSV_BOUND_PARAMETER", message, { parameter: given[0] });
  }
  const lists = new Set(declared.filter(({ list }) => list).map(({ name }) => name));
  const added = [...bound].flatMap(([name, values]) =>
    (lists.has(name) ? textsOfItems(values) : values).map((text) => [name, text] as const),
  );
  return [...texts, ...added];
}

/**
 * Checks parameters for a caller. A bound parameter that doesn't fit the export is a fault of the configuration, and its value isn't
 * the client's.
 * @throws what `check` throws; StreamCsvError `SCSV_FORBIDDEN` instead of the fault of a bound parameter
 */
export function forCaller<T>({ bound }: Caller, check: () => T): T {
  try {
    return check();
  } catch (error) {
    const parameter = error instanceof StreamCsvError ? error.parameter : undefined;
    if (parameter === undefined || !bound.has(parameter)) throw error;
    const message = `The token decides the parameter "${parameter}", which doesn't fit this export.`;
    const hint = "Change the exports or the parameters of the token.";
    throw new StreamCsvError("SCSV_FORBIDDEN", message, { cause: error, hint });
  }
}
