import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { parseResult } from "../../bench/result/read-result.ts";
import { startPostgres } from "../../dev/postgres-server.ts";
import { runCli } from "../harness/cli.ts";

const started = startPostgres();
const noPostgres = typeof started === "string" ? started : false;
const skip = hasProcFiles ? noPostgres : "the processes of a database are read from /proc";

const rowsOfCustomer = 30_000;
const configuration = `
databases:
  shop: { url: env:DATABASE_URL }
exports:
  invoices:
    database: shop
    sql: SELECT id, total, memo FROM invoice WHERE customer_id = :customer ORDER BY md5(memo)
    parameters:
      customer: { type: integer }
`;

let folder = "";
before(async () => {
  if (typeof started === "string") return;
  started.run(`CREATE TABLE invoice AS SELECT n AS id, n % 2 + 7 AS customer_id, n * 1.25 AS total, 'memo ' || n AS memo
    FROM generate_series(1, ${2 * rowsOfCustomer}) AS n`);
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  await writeFile(join(folder, "stream-csv.yaml"), configuration);
});
after(async () => {
  if (typeof started === "string") return;
  started.stop();
  await rm(folder, { recursive: true });
});

test(
  "measures a query of the configuration that it finds, with what its database did beside the worker",
  { skip },
  async () => {
    assert.ok(typeof started !== "string");
    const flags = `--rows ${rowsOfCustomer} --export invoices --param customer=7 --quick --rounds 1 --seed 1 --scenario export`;
    const { exitCode, stdout, stderr } = await runCli(
      ["bench", ...flags.split(" "), "--observe", `database=${started.url}`, "-o", "json=result.json"],
      { cwd: folder, env: { DATABASE_URL: started.url } },
    );
    assert.equal(exitCode, 0, stderr);
    const result = parseResult(await readFile(join(folder, "result.json"), "utf8"), "result.json");
    assert.equal(result.integrity.rows, rowsOfCustomer);
    assert.equal(result.integrity.equal, true);
    assert.deepEqual(result.config["parameters"], [["customer", "7"]]);
    assert.deepEqual(result.config["observed"], [{ name: "database", kind: "postgres" }]);
    for (const delivery of ["streaming", "buffered", "file"]) {
      const measured = result.rounds[0]?.arms[delivery] ?? {};
      for (const metric of ["cpu_s_per_export", "observed_cpu_s_per_export", "connection_held_s_per_export"])
        assert.ok((measured[metric] ?? 0) > 0, `${delivery}: ${metric} is ${measured[metric]}`);
      // What the database held more than at the beginning of the round. It is sampled, and a file is made so fast that on a busy machine
      // no sample may fall into it.
      const observedPeak = measured["observed_peak_bytes"] ?? -1;
      assert.ok(delivery === "file" ? observedPeak >= 0 : observedPeak > 0, `${delivery}: ${observedPeak}`);
      // A connection isn't held for longer than the export took, and what surrounds it.
      assert.ok(
        (measured["connection_held_s_per_export"] ?? 0) < 2 * (measured["total_s"] ?? 0) + 1,
        delivery,
      );
    }
    const value = String.raw` +[\d.]+ (?:[mµ]?s|[KM]iB)`;
    for (const label of [
      "CPU time",
      "CPU time observed, database",
      "peak memory observed, database",
      "connection held, database",
    ])
      assert.match(stdout, new RegExp(`^${label}(?:${value}){3}$`, "m"));
  },
);
