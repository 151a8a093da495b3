import type { DatabaseSession } from "./database.ts";
import type { OtherType } from "./result-reader.ts";

/** What the database says of some types, by their OIDs. */
export async function typesOf(
  session: DatabaseSession,
  ids: readonly number[],
): Promise<ReadonlyMap<number, OtherType>> {
  if (ids.length === 0) return new Map();
  const { rows } = await session.client.query<{ id: string; name: string; category: string }>(
    "SELECT oid::text AS id, typname::text AS name, typcategory::text AS category FROM pg_catalog.pg_type WHERE oid = ANY($1::oid[])",
    [ids],
  );
  return new Map(rows.map(({ id, name, category }) => [Number(id), { name, category }]));
}
