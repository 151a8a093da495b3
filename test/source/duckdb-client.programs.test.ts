import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import * as duckdb from "@duckdb/node-api";
import { csvChunks, openSource, type Source } from "../../src/index.ts";
import { readFile, runSql, testFolder, textOf, writeParquet } from "./duckdb-files.ts";

const folder = testFolder("client");

/** A client whose vectors are kept in another way than they are here. */
function doctored(change: (chunk: typeof duckdb.DuckDBDataChunk.prototype) => void): typeof duckdb {
  class Instance extends duckdb.DuckDBInstance {
    override async connect(): Promise<duckdb.DuckDBConnection> {
      const connection = await super.connect();
      const stream = connection.stream.bind(connection);
      connection.stream = async (sql: string) => {
        const result = await stream(sql);
        const fetchChunk = result.fetchChunk.bind(result);
        result.fetchChunk = async () => {
          const chunk = await fetchChunk();
          if (chunk !== null) change(chunk);
          return chunk;
        };
        return result;
      };
      return connection;
    }
  }
  // An instance is made by a static method, which makes one of the original class.
  const create: typeof duckdb.DuckDBInstance.create = async (path, options) => {
    const instance = await duckdb.DuckDBInstance.create(path, options);
    Object.setPrototypeOf(instance, Instance.prototype);
    return instance;
  };
  return { ...duckdb, DuckDBInstance: Object.assign(Instance, { create }) };
}

/** Gives vectors other fields than they have, while their methods go on with their own. */
function withFields(
  fieldOf: (vector: duckdb.DuckDBVector, name: string) => unknown,
): (chunk: duckdb.DuckDBDataChunk) => void {
  return (chunk) => {
    const getVector = chunk.getColumnVector.bind(chunk);
    chunk.getColumnVector = (index) =>
      new Proxy(getVector(index), {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : (fieldOf(target, String(key)) ?? value);
        },
      });
  };
}

/** None of the fields that aren't public is there under its name. */
const hideFields = withFields((_vector, name) =>
  /^(?:items|dataView|validity|vector|entryVectors|listVector|childData)$/.test(name) ? "hidden" : undefined,
);

/** The values of a column of numbers are others in the memory than by the client's own method. */
const moveValues = withFields((vector, name) =>
  name === "items" && vector instanceof duckdb.DuckDBBigIntVector
    ? new BigInt64Array(vector.itemCount)
    : undefined,
);

const long = "a text that is longer than twelve bytes, é中🍜";
const select = `SELECT i, i % 2 = 0 AS b, i::HUGEINT AS h, i / 7 AS d, (i / 7)::FLOAT AS f, (i / 100)::DECIMAL(9,2) AS e,
  (i / 100)::DECIMAL(30,2) AS w, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE '${long}' || i END AS t,
  chr(65279) || 'x' AS m, encode('bytes ' || i) AS bl, DATE '2024-02-29' + i::INTEGER AS day, TIME '01:02:03.5' AS tm,
  TIMESTAMP '2024-02-29 01:02:03.000004' AS ts, TIMESTAMP_NS '2024-02-29 01:02:03.000000005' AS ns,
  TIMESTAMPTZ '2024-02-29 01:02:03+00' AS tz, INTERVAL '1 year -2 days' AS iv, UUID 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS u,
  [i, NULL] AS l, {'a': 1.5::FLOAT, 'b': ['x']} AS s, MAP {DATE '2020-01-01': 'v'} AS mp, ('b')::ENUM('a', 'b') AS en,
  '{"a": 1.0}'::JSON AS j, [0.1::FLOAT] AS fl, union_value(n := i) AS un
  FROM range(3000) r(i)`;

for (const [what, module] of Object.entries({
  "whose vectors have no fields that are known": doctored(hideFields),
  "whose vectors hold other values than they give": doctored(moveValues),
})) {
  test(`a client ${what} is read by its public methods, with the same text and one warning`, async () => {
    const path = join(folder, "values.duckdb");
    await runSql(["DROP TABLE IF EXISTS t", `CREATE TABLE t AS ${select}`], path);
    const warnings: Error[] = [];
    const listener = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on("warning", listener);
    const importer = (): Promise<typeof duckdb> => Promise.resolve(module);
    const slow = await openSource(path, { importer });
    const quick = await openSource(path);
    assert.deepEqual(slow.columns, quick.columns);
    for (const dialect of ["unix", "postgres", "excel-eu"] as const)
      assert.ok((await textOf(slow, dialect)) === (await textOf(quick, dialect)), dialect);
    assert.ok((await quotedTextOf(slow)) === (await quotedTextOf(quick)), "texts quoted");
    await slow.close();
    const again = await openSource(path, { importer });
    await again.close();
    await quick.close();
    await new Promise(setImmediate);
    process.off("warning", listener);
    assert.deepEqual(
      warnings.map(({ name }) => name),
      ["StreamCsvWarning"],
    );
    assert.match(String(warnings[0]?.message), /isn't one that stream-csv knows/);
  });
}

async function quotedTextOf(source: Source): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(source, { dialect: "unix", quoting: "strings" })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

test("what such a client would lose is an error and never another value", async () => {
  const importer = (): Promise<typeof duckdb> => Promise.resolve(doctored(hideFields));
  const path = join(folder, "marks.parquet");
  await writeParquet(path, "SELECT [chr(65279) || 'a'] AS l");
  await assert.rejects(readFile(path, { importer }), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: /a nested text holds U\+FEFF/,
  });
  await writeParquet(path, "SELECT {'__proto__': 1} AS s");
  await assert.rejects(readFile(path, { importer }), {
    code: "SCSV_SOURCE_UNREADABLE",
    message: /__proto__/,
  });
});
