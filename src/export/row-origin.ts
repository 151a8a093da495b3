import type { ServedSource } from "./served-source.ts";

/**
 * What decides the rows of an export beside the version of its source: the SQL of a query, or how a file is read. A file that was
 * prepared, or an ETag that was given, before the configuration changed is not of these rows. Paths and URLs are left out: they may
 * differ from machine to machine, and hold passwords.
 */
export function rowOrigin(served: ServedSource | null): Readonly<Record<string, unknown>> {
  if (served === null) return {};
  if ("module" in served) return { columns: served.columns };
  if ("database" in served) {
    const { sql, settings = {}, database } = served;
    const asked = "path" in database ? {} : { database: database.name, role: database.role };
    return { sql, settings: Object.entries(settings), ...asked };
  }
  const { delimiter, quote, header, encoding, nullValue, skipRows } = served;
  return { delimiter, quote, header, encoding, nullValue, skipRows };
}
