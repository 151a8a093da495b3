import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { readConfiguration } from "../../bin/configuration/read-configuration.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { startServe } from "../harness/cli.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-config-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function configFile(name: string, content: unknown): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

interface Stats {
  readonly total: { readonly slots: number };
}

async function statsOf(url: string): Promise<Stats> {
  return (await (await fetch(`${url}/stats`)).json()) as Stats;
}

describe("--config", () => {
  test("reads flags by their names in camelCase, sizes and durations as texts, counts as numbers", async () => {
    const people = join(folder, "people.csv");
    await writeFile(people, "name\nAda\n");
    const file = await configFile("good.json", {
      server: { slots: 3, workers: 2, queueTimeout: "2s", bufferMemory: "1MiB", generated: true },
      exports: { staff: { file: "people.csv", description: "All of them" } },
    });
    await using server = await startServe(["--config", file]);
    assert.equal((await statsOf(server.url)).total.slots, 6);
    const rows = await fetch(`${server.url}/exports/staff.csv`);
    assert.equal(await rows.text(), "name\r\nAda\r\n");
    const tooLarge = await fetch(`${server.url}/exports/orders.csv?delivery=buffered&rows=100000`);
    assert.equal(tooLarge.status, 413);
  });

  test("reads the default dialect of exports, and the HTTP limits and headers", async () => {
    const file = await configFile("own.json", {
      server: {
        csv: { dialect: "unix", header: false, nullValue: "NULL" },
        http: { cacheControl: "private, max-age=60", codings: [], targetBytes: 200 },
      },
    });
    await using server = await startServe(["--config", file]);
    const lines = async (query: string): Promise<readonly string[]> => {
      const answer = await fetch(`${server.url}/exports/orders.csv?columns=id,note&rows=3${query}`);
      assert.equal(answer.headers.get("Cache-Control"), "private, max-age=60");
      assert.equal(answer.headers.get("Content-Encoding"), null);
      return (await answer.text()).split("\n");
    };
    const usual = await lines("");
    assert.match(usual[0] ?? "", /^1,/);
    assert.ok(
      usual.some((line) => line.endsWith(",NULL")),
      usual.join("|"),
    );
    assert.deepEqual((await lines("&dialect=rfc4180"))[0], "id,note\r");
    const long = await fetch(`${server.url}/exports/orders.csv?rows=${"0".repeat(200)}`);
    assert.equal(long.status, 414);
  });

  test("keeps whole numbers that a number doesn't hold exactly, in JSON as in YAML", async () => {
    const text = `{ "exports": { "a": { "database": "d", "sql": "SELECT :x", "parameters": { "x": { "type": "integer",
      "default": 9007199254740993, "description": "of 12345678901234567890 \\" 12345678901234567890" } } } }, "server": { "slots": 3 } }`;
    const read = [];
    for (const name of ["exact.json", "exact.yaml"]) {
      const file = join(folder, name);
      await writeFile(file, text);
      read.push((await readConfiguration(file)).value);
    }
    const [json, yaml] = read;
    assert.deepEqual(json, yaml);
    assert.match(inspect(json, { depth: null }), /default: 9007199254740993n.*slots: 3 /s);
  });

  test("is overridden by a flag on the command line", async () => {
    const file = await configFile("behind.json", { server: { slots: 3 } });
    await using server = await startServe(["--config", file, "--slots", "5"]);
    assert.equal((await statsOf(server.url)).total.slots, 5);
  });

  const faults: readonly (readonly [string, unknown, RegExp])[] = [
    [
      "an unknown group",
      { severs: {} },
      /"severs" in ".*" is not a setting\. A configuration takes server, databases, exports, tokens, links, auth, jobs, bench\./,
    ],
    [
      "an unknown setting",
      { server: { wrokers: 2 } },
      /"server\.wrokers" in ".*" is not a setting\. "server" takes .*workers, workerModel/,
    ],
    [
      "a value that its flag refuses",
      { server: { workers: 0 } },
      /"server\.workers" in ".*" can't be used: "0" is too small\. Use 1 or more/,
    ],
    [
      "a choice there is not",
      { server: { encoder: "quick" } },
      /"server\.encoder" in ".*" can't be used: "quick" is not one of its values. Use one of fast, csv-stringify/,
    ],
    [
      "a list for one value",
      { server: { slots: [1, 2] } },
      /"server\.slots" in ".*" is \[1,2\]; it takes text or a number\./,
    ],
    [
      "text where true or false is wanted",
      { server: { color: "no" } },
      /"server\.color" in ".*" is "no"; it takes true or false\./,
    ],
    [
      "true where text is wanted",
      { server: { host: true } },
      /"server\.host" in ".*" is true; it takes text or a number\./,
    ],
    [
      "exports that are no object",
      { exports: ["a.csv"] },
      /"exports" in ".*" is \["a\.csv"\]; it takes an object\./,
    ],
    [
      "a name that objects inherit",
      { constructor: 1 },
      /"constructor" in ".*" is not a setting\. A configuration takes server/,
    ],
    [
      "an unknown setting of HTTP",
      { server: { http: { headByte: 1 } } },
      /at "headByte": there is no such setting/,
    ],
    ["a list at the top", [1], /The configuration ".*" is a list; it takes an object\./],
    [
      "a list in a deeper place of an object",
      { exports: { a: [{ file: "a.csv" }] } },
      /"exports\.a" in ".*" is \[\{"file":"a\.csv"\}\]; it takes an object\./,
    ],
    [
      "a name that is missing, and one that is close to it",
      { databases: { shop: { uri: "postgres://a@b/c" } } },
      /"databases\.shop\.url" in ".*" is missing; it takes text\. "uri" beside it is not a setting\. Did you mean "url"\?/,
    ],
    [
      "a name that is missing",
      { databases: { shop: {} } },
      /"databases\.shop\.url" in ".*" is missing; it takes text\.\n/,
    ],
    [
      "a missing name of a list's item",
      { tokens: [{ name: "acme" }] },
      /"tokens\.0\.sha256" in ".*" is missing; it takes text\.\n/,
    ],
    [
      "a token that binds a parameter to no value, which would be free then",
      { tokens: [{ name: "acme", sha256: "0".repeat(64), parameters: { teams: [] } }] },
      /"tokens\.0\.parameters\.teams" in ".*" can't be used; it takes at least one value\./,
    ],
    [
      "a large number in a list",
      "server: [99999999999999999999]",
      /"server" in ".*" is \[99999999999999999999\]; it takes an object\./,
    ],
    [
      "a large number in a setting of another kind",
      "server: { nullIn: [12345678901234567890] }",
      /"server\.nullIn" in ".*" is \[12345678901234567890\]; it takes text or a number\./,
    ],
    [
      "a large number in an object",
      "server: { http: { headBytes: [12345678901234567890] } }",
      /"server\.http" in ".*" can't be used: \{"headBytes":\[12345678901234567890\]\} is not an object/,
    ],
    ["no YAML", "{ slots: 3 ", /is not YAML: .* in line 1\./],
    [
      "an export of nothing",
      { exports: { a: { description: "none" } } },
      /"exports\.a" in ".*" has none of file, database with sql, and rows/,
    ],
    [
      "an export of two things",
      { exports: { a: { file: "a.csv", database: "shop", sql: "SELECT 1" } } },
      /"exports\.a" in ".*" has several of file, database with sql, and rows/,
    ],
    [
      "a field of another kind of export",
      { exports: { a: { file: "a.csv", freshness: "1s" } } },
      /"exports\.a" in ".*" has "freshness", which an export of a file doesn't take\./,
    ],
    [
      "an export with an empty name",
      { exports: { "": { file: "people.csv" } } },
      /"exports" in ".*" has an export with an empty name; give it one/,
    ],
    [
      "a database that isn't there",
      {
        databases: { shop: { url: "postgres://a@b/c" } },
        exports: { a: { database: "shpo", sql: "SELECT 1" } },
      },
      /"exports\.a" in ".*" names the database "shpo"; there are shop\./,
    ],
    [
      "a query without SQL",
      { databases: { shop: { url: "postgres://a@b/c" } }, exports: { a: { database: "shop" } } },
      /"exports\.a" in ".*" has neither sql nor sqlFile/,
    ],
    [
      "an environment variable that isn't set",
      { databases: { shop: { url: "env:NO_SUCH_VARIABLE" } } },
      /"databases\.shop\.url" in ".*" is read from the environment variable "NO_SUCH_VARIABLE", which is not set\./,
    ],
    [
      "a variable as shells write it",
      { databases: { shop: { url: "$DATABASE_URL" } } },
      /"databases\.shop\.url" in ".*" is a variable as shells write it, which nothing replaces here: write env:NAME alone/,
    ],
    [
      "a variable as shells write it, within a URL",
      { databases: { shop: { url: "postgres://u:${PASSWORD}@h/db" } } },
      /"databases\.shop\.url" in ".*" has a variable as shells write it, .*: write env:NAME alone, and put the whole value/,
    ],
    [
      "a URL of a database that can't be used",
      { databases: { shop: { url: "postgres://u:not-shown@h/db?sslmode=prefer" } } },
      /"databases\.shop\.url" in ".*" can't be used\. The URL of the database has sslmode=prefer, .*: write sslmode=verify-full, .*\.\n/,
    ],
    [
      "a freshness that isn't a duration",
      {
        databases: { shop: { url: "postgres://a@b/c" } },
        exports: { a: { database: "shop", sql: "SELECT 1", freshness: "soon" } },
      },
      /"exports\.a\.freshness" in ".*" can't be used: "soon" is not a duration/,
    ],
    [
      "a type of parameters there is not",
      { exports: { a: { file: "a", parameters: { x: { type: "int" } } } } },
      /"exports\.a\.parameters\.x\.type" in ".*" is "int"; it takes "integer" or "decimal"/,
    ],
    [
      "a function where there can be none",
      { exports: { a: { rows: "x" } } },
      /"exports\.a\.rows" in ".*" is not a setting/,
    ],
    [
      "an engine that is none",
      { jobs: { engine: "kafka://127.0.0.1" } },
      /In ".*": jobs\.engine can't be used; it takes local, or an address such as redis:\/\/HOST:6379/,
    ],
    [
      "a store of one machine for jobs of several, without their password",
      { jobs: { engine: "redis://:secret@127.0.0.1" } },
      /In ".*": jobs\.store is "folder", which is on one machine, while jobs\.engine is redis:\/\/127\.0\.0\.1/,
    ],
    [
      "a bucket that can't be",
      { jobs: { store: "s3://exports/../other" } },
      /In ".*": "s3:\/\/exports\/\.\.\/other" is not a store of jobs/,
    ],
  ];
  for (const [what, content, message] of faults) {
    test(`refuses ${what}`, async () => {
      const { exitCode, stderr } = await runCliInTurn([
        "serve",
        "--config",
        await configFile(typeof content === "string" ? "bad.yaml" : "bad.json", content),
      ]);
      assert.match(stderr, message);
      assert.equal(exitCode, 1);
    });
  }

  test("refuses a missing file", async () => {
    const { exitCode, stderr } = await runCliInTurn(["serve", "--config", join(folder, "none.json")]);
    assert.match(stderr, /none\.json" can't be read: ENOENT.*\. Name a file that exists with --config/);
    assert.equal(exitCode, 1);
  });

  test("refuses a folder", async () => {
    const { exitCode, stderr } = await runCliInTurn(["serve", "--config", folder]);
    assert.match(stderr, /can't be read: EISDIR.*\. Name the file itself/);
    assert.equal(exitCode, 1);
  });
});

describe("the configuration of the working directory", () => {
  test("is read by itself, named in the first line of the log, and left out by --no-config", async () => {
    const place = await mkdtemp(join(folder, "place-"));
    await writeFile(join(place, "people.csv"), "name\nAda\n");
    await writeFile(join(place, "stream-csv.yaml"), "exports:\n  staff: { file: people.csv }\n");
    const found = await runCliInTurn(["export", "staff"], { cwd: place });
    assert.equal(found.stdout, "name\r\nAda\r\n");
    const left = await runCliInTurn(["export", "staff", "--no-config"], { cwd: place });
    assert.match(left.stderr, /There is no generated export "staff"/);
    await using server = await startServe([], { cwd: place });
    const first = server.stderr().split("\n")[0] ?? "";
    assert.equal(
      (JSON.parse(first) as { configuration: string }).configuration,
      join(place, "stream-csv.yaml"),
    );
    assert.equal((await fetch(`${server.url}/exports/orders.csv`)).status, 404);
    assert.equal(await (await fetch(`${server.url}/exports/staff.csv`)).text(), "name\r\nAda\r\n");
  });

  test("is refused where there are two", async () => {
    const place = await mkdtemp(join(folder, "two-"));
    await writeFile(join(place, "stream-csv.yaml"), "{}");
    await writeFile(join(place, "stream-csv.json"), "{}");
    const { exitCode, stderr } = await runCliInTurn(["check"], { cwd: place });
    assert.equal(exitCode, 1);
    assert.match(stderr, /There are 2 configurations in .*: stream-csv\.yaml, stream-csv\.json\./);
  });

  test("isn't wanted by check alone", async () => {
    const place = await mkdtemp(join(folder, "empty-"));
    const { exitCode, stderr } = await runCliInTurn(["check"], { cwd: place });
    assert.equal(exitCode, 1);
    assert.match(stderr, /There is no configuration in/);
  });
});
