import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runCli, startServe } from "../harness/cli.ts";

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

describe("serve --config", () => {
  test("reads flags by their names in camelCase, sizes and durations as texts, counts as numbers", async () => {
    const people = join(folder, "people.csv");
    await writeFile(people, "name\nAda\n");
    const file = await configFile("good.json", {
      slots: 3,
      workers: 2,
      queueTimeout: "2s",
      bufferMemory: "1MiB",
      sources: [`staff=${people}`],
      generated: true,
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
      csv: { dialect: "unix", header: false, nullValue: "NULL" },
      http: { cacheControl: "private, max-age=60", codings: [], targetBytes: 200 },
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

  test("is overridden by a flag on the command line", async () => {
    const file = await configFile("behind.json", { slots: 3 });
    await using server = await startServe(["--config", file, "--slots", "5"]);
    assert.equal((await statsOf(server.url)).total.slots, 5);
  });

  const faults: readonly (readonly [string, unknown, RegExp])[] = [
    [
      "an unknown setting",
      { wrokers: 2 },
      /"wrokers" in ".*" can't be used: serve knows only sources, csv, http, generated/,
    ],
    [
      "a value that its flag refuses",
      { workers: 0 },
      /"workers" in ".*" can't be used: "0" is too small\. Use 1 or more/,
    ],
    [
      "a choice there is not",
      { encoder: "quick" },
      /"encoder" in ".*" can't be used: "quick" is not one of them. Allowed choices are fast, csv-stringify/,
    ],
    [
      "a list for one value",
      { slots: [1, 2] },
      /"slots" in ".*" can't be used: \[1,2\] is a list\. Use a single value/,
    ],
    ["an object for a value", { slots: {} }, /"slots" in ".*" can't be used: \{\} is not text, a number/],
    [
      "text where true or false is wanted",
      { color: "no" },
      /"color" in ".*" can't be used: "no" is not true or false/,
    ],
    [
      "true where text is wanted",
      { host: true },
      /"host" in ".*" can't be used: --host needs a value, not true/,
    ],
    [
      "sources that are no list",
      { sources: "a.csv" },
      /"sources" in ".*" can't be used: "a.csv" is not a list of files/,
    ],
    [
      "a name that objects inherit",
      { constructor: 1 },
      /"constructor" in ".*" can't be used: serve knows only/,
    ],
    ["a list at the top", [1], /is not a JSON object\. Write \{ "name": value/],
    ["no JSON", "{ slots: 3 }", /is not JSON: /],
  ];
  for (const [what, content, message] of faults) {
    test(`refuses ${what}`, async () => {
      const { exitCode, stderr } = await runCli(["serve", "--config", await configFile("bad.json", content)]);
      assert.match(stderr, message);
      assert.equal(exitCode, 1);
    });
  }

  test("refuses a missing file", async () => {
    const { exitCode, stderr } = await runCli(["serve", "--config", join(folder, "none.json")]);
    assert.match(stderr, /none\.json" can't be read: ENOENT/);
    assert.equal(exitCode, 1);
  });
});

test("names a setting of HTTP that there isn't", async () => {
  const file = join(folder, "unknown-http.json");
  await writeFile(file, JSON.stringify({ http: { headByte: 1 } }));
  const { exitCode, stderr } = await runCli(["serve", "--port", "0", "--config", file]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /at "headByte": there is no such setting/);
});
