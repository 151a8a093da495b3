import { writeFile } from "node:fs/promises";
import type { PostgresServer } from "../../postgres-server.ts";
import { expectedText, sha256 } from "../harness/read-body.ts";
import type { Random } from "../../../bench/statistics/random.ts";

/** What a job makes, and the digest of its text, made without a server. */
export interface Plan {
  /** The name of the export and its query. */
  readonly path: string;
  readonly sha256: string;
}

/** Exports of PostgreSQL for the configuration, and the table they read. */
export const tables =
  "CREATE TABLE part AS SELECT n, 'part ' || n AS name FROM generate_series(1, 200000) AS n";
export const databaseExports = {
  parts: {
    database: "shop",
    sql: "SELECT n, name FROM part WHERE n <= :most ORDER BY n",
    parameters: { most: { type: "integer" } },
    version: "SELECT max(n) FROM part",
  },
  sorting: {
    database: "shop",
    sql: "SELECT n FROM generate_series(1, 300000000) AS n ORDER BY md5(n::text)",
  },
};

const rowsOfFile = 180_000;

/** Writes the file that the export `orders` reads. */
export async function writeOrders(file: string): Promise<void> {
  await writeFile(file, await expectedText("orders", { rows: String(rowsOfFile) }));
}

/** Different plans: every tenth is so large that it is uploaded in parts, and every fifth reads PostgreSQL if there is one. */
export async function makePlans(
  count: number,
  file: string,
  postgres: PostgresServer | undefined,
  random: Random,
): Promise<readonly Plan[]> {
  const plans: Plan[] = [];
  for (let at = 0; at < count; at += 1) {
    if (postgres !== undefined && at % 5 === 3) {
      const most = 1000 * at + 1 + Math.floor(random() * 1000);
      const lines = Array.from({ length: most }, (_, n) => `${n + 1},part ${n + 1}\r\n`);
      plans.push({ path: `parts?most=${most}`, sha256: sha256(Buffer.from(`n,name\r\n${lines.join("")}`)) });
      continue;
    }
    const rows = String(at % 10 === 0 ? rowsOfFile - at : 500 * at + 1 + Math.floor(random() * 500));
    plans.push({ path: `orders?rows=${rows}`, sha256: sha256(await expectedText(file, { rows })) });
  }
  return plans;
}
