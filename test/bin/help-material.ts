import { DuckDBInstance } from "@duckdb/node-api";

export const commands = [
  "serve",
  "bench",
  "compare",
  "report",
  "export",
  "check",
  "token",
  "link",
  "work",
  "completion",
];

export const secret = "s".repeat(32);

/** A configuration with an export that has parameters. */
export const invoicesModule = `export default {
  exports: {
    invoices: {
      columns: ["id"],
      parameters: { customer: { type: "integer" }, status: { type: "text", list: true, default: ["open"] } },
      rows: () => [[1], [2]],
    },
  },
  links: { keys: [{ id: "main", secret: "${secret}" }] },
};
`;

/** Runs statements in a database, which is made where there is none. */
export async function runDuckDB(path: string, ...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}
