import { StreamCsvError } from "../../errors.ts";
import type { Caller } from "./caller.ts";

/**
 * Adds the parameters whose values the caller's token decides.
 * @throws StreamCsvError `SCSV_BOUND_PARAMETER` when the request gives one of them itself
 */
export function withBound(
  texts: readonly (readonly [string, string])[],
  { bound }: Caller,
): readonly (readonly [string, string])[] {
  if (bound.size === 0) return texts;
  const given = texts.find(([name]) => bound.has(name));
  if (given !== undefined) {
    const message = `The parameter "${given[0]}" is decided by the token. Leave it out.`;
    throw new StreamCsvError("SCSV_BOUND_PARAMETER", message, { parameter: given[0] });
  }
  return [...texts, ...[...bound].flatMap(([name, values]) => values.map((value) => [name, value] as const))];
}

/**
 * The fault of a request as its client may see it. A bound parameter that doesn't fit the export is a fault of the
 * configuration, and its value isn't the client's.
 */
export function withoutBound(error: unknown, { bound }: Caller): unknown {
  if (!(error instanceof StreamCsvError) || error.code !== "SCSV_BAD_PARAMETER") return error;
  if (error.parameter === undefined || !bound.has(error.parameter)) return error;
  const message = `The token decides the parameter "${error.parameter}", which doesn't fit this export.`;
  return new StreamCsvError("SCSV_FORBIDDEN", message, {
    cause: error,
    hint: "Change the exports or the parameters of the token.",
  });
}
