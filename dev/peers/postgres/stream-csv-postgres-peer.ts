import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Workshop } from "../peer.ts";
import { streamCsvPeer } from "../stream-csv-peer.ts";

const configurationFile = ({ folder }: Workshop): string => join(folder, "stream-csv.yaml");

/** Our export of a database. */
export const oursPostgres = streamCsvPeer({
  name: "stream-csv",
  stack: "this project, pg",
  settings:
    "`stream-csv serve --workers 1` with an export `database` + `sql: SELECT * FROM orders`, and `dialect=postgres`: typed rows in PostgreSQL's binary form, encoded here.",
  exportPath: "/exports/orders.csv?dialect=postgres",
  libraries: ["pg"],
  flags: (workshop) => ["--config", configurationFile(workshop)],
  async prepare(workshop) {
    const configuration = {
      databases: { shop: { url: workshop.rowsFrom } },
      exports: { orders: { database: "shop", sql: "SELECT * FROM orders" } },
    };
    await writeFile(configurationFile(workshop), stringify(configuration));
  },
});
