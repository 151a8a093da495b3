import { StreamCsvError } from "../../errors.ts";
import type { DatabaseSession } from "./database.ts";
import { typesOf } from "./types-of.ts";

/** The parameters whose types the statement decided, and how they were declared. */
interface DecidedParameters {
  /** The export's name, for messages. */
  readonly name: string;
  readonly names: readonly string[];
  readonly types: readonly number[];
  readonly found: readonly number[];
  readonly lists: ReadonlySet<string>;
}

/**
 * Refuses a parameter that is declared as a list and that the statement takes as one value, or the other way round. A list
 * that is compared with one value finds nothing, and one value that is taken for a list is an error at each request.
 * @throws StreamCsvError `SCSV_QUERY_FAILED` that says what to write
 */
export async function requireLists(
  session: DatabaseSession,
  { name, names, types, found, lists }: DecidedParameters,
): Promise<void> {
  const decided = names.flatMap((parameter, index) => {
    const type = found[index] ?? 0;
    return types[index] === 0 && type !== 0 ? [{ parameter, type }] : [];
  });
  if (decided.length === 0) return;
  const kinds = await typesOf(
    session,
    decided.map(({ type }) => type),
  );
  for (const { parameter, type } of decided) {
    const isArray = kinds.get(type)?.category === "A";
    if (isArray === lists.has(parameter)) continue;
    throw new StreamCsvError(
      "SCSV_QUERY_FAILED",
      isArray
        ? `The SQL of "${name}" takes ":${parameter}" as a list, and it is declared as one value.`
        : `The SQL of "${name}" takes ":${parameter}" as one value, and it is declared as a list.`,
      {
        parameter,
        hint: isArray
          ? `Declare it as a list: ${parameter}: { type: text, list: true }.`
          : `Write = ANY(:${parameter}) in the place of = :${parameter} or IN (:${parameter}), or :${parameter}::text[].`,
      },
    );
  }
}
