import type { Source } from "../source.ts";
import { queryRows, releaseDuckDB, sqlName, sqlText, type HeldDuckDB } from "./database.ts";
import { openDuckDBSource } from "./duckdb-source.ts";

let attachedFiles = 0;

/**
 * One source per table of a `.duckdb` file, named `file.table`, or `file.schema.table` where the schema isn't `main`;
 * with `wanted`, that table alone. The file is opened for reading only. The last source that is closed leaves the
 * file and lets go of the database.
 */
export async function openTables(
  held: HeldDuckDB,
  path: string,
  file: string,
  wanted: string | undefined,
): Promise<readonly Source[]> {
  const { instance } = held;
  attachedFiles += 1;
  const database = `file_${attachedFiles}`;
  await queryRows(instance, `ATTACH ${sqlText(path)} AS ${database} (READ_ONLY, TYPE duckdb)`);
  const detach = (): Promise<unknown> => queryRows(instance, `DETACH ${database}`);
  try {
    const tables = (await tablesOf(held, database)).filter(
      ({ name }) => wanted === undefined || name === wanted,
    );
    let open = tables.length;
    if (open === 0) {
      await detach();
      await releaseDuckDB();
    }
    const release = async (): Promise<void> => {
      open -= 1;
      if (open > 0) return;
      await detach();
      await releaseDuckDB();
    };
    return await Promise.all(
      tables.map((table) =>
        openDuckDBSource(held, {
          kind: "duckdb",
          name: `${file}.${table.name}`,
          path,
          from: `${database}.${sqlName(table.schema)}.${sqlName(table.table)}`,
          isCounted: true,
          release,
        }),
      ),
    );
  } catch (error) {
    await detach();
    throw error;
  }
}

interface Table {
  readonly schema: string;
  readonly table: string;
  /** As a person calls it. */
  readonly name: string;
}

async function tablesOf({ instance }: HeldDuckDB, database: string): Promise<readonly Table[]> {
  const rows = await queryRows(
    instance,
    `SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ${sqlText(database)} ORDER BY ALL`,
  );
  return rows.map(([schema, table]) => ({
    schema: String(schema),
    table: String(table),
    name: schema === "main" ? String(table) : `${String(schema)}.${String(table)}`,
  }));
}
