import { DuckDBInstance } from "@duckdb/node-api";
import { contractRows } from "./source-contract.ts";

/** Writes the rows of the contract, and a file of `count` rows, as Parquet files into a folder. */
export async function writeParquet(
  folder: { readonly path: (name: string) => string },
  count: number,
): Promise<{ readonly small: string; readonly large: string }> {
  const [small, large] = [folder.path("small.parquet"), folder.path("large.parquet")];
  const values = contractRows.map(
    ({ id, name, note }) => `(${id}::BIGINT, '${name}', ${note === null ? "NULL" : `'${note}'`})`,
  );
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(`COPY (FROM (VALUES ${values.join(", ")}) AS t (id, name, note)) TO '${small}'`);
  await connection.run(`COPY (SELECT range AS id, 'some text' AS s FROM range(${count})) TO '${large}'`);
  connection.closeSync();
  instance.closeSync();
  return { small, large };
}
