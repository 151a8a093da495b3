import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { runCli, startServe } from "../harness/cli.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-config-"));
});
after(() => rm(folder, { recursive: true, force: true }));

test("serves rows of a program, with parameters as JavaScript has them, by every delivery", async () => {
  const place = await mkdtemp(join(folder, "module-"));
  const program = `
    export default {
      exports: {
        squares: {
          parameters: {
            upTo: { type: "integer" },
            also: { type: "decimal", list: true, default: [] },
            until: { type: "date", optional: true },
          },
          freshness: "1h",
          async *rows({ parameters: { upTo, also, until } }) {
            for (let n = 1; n <= upTo; n += 1) yield { n, square: n * n, also: also.join("|"), until };
          },
        },
        broken: { rows: async function* () { yield [1]; throw new Error("the driver failed"); } },
      },
    };`;
  await writeFile(join(place, "stream-csv.config.mjs"), program);
  await using server = await startServe([], { cwd: place });
  const text = "n,square,also,until\r\n1,1,0.10|7,\r\n2,4,0.10|7,\r\n";
  for (const delivery of ["streaming", "buffered", "file"]) {
    const answer = await fetch(`${server.url}/exports/squares.csv?upTo=2&also=0.10,7&delivery=${delivery}`);
    assert.equal(await answer.text(), text, delivery);
  }
  const chosen = await fetch(`${server.url}/exports/squares.csv?upTo=2&columns=square,n&rows=1`);
  assert.equal(await chosen.text(), "square,n\r\n1,1\r\n");
  const catalog = (await (await fetch(`${server.url}/exports`)).json()) as {
    exports: { columns: unknown }[];
  };
  assert.deepEqual(
    catalog.exports.map(({ columns }) => columns),
    [[], []],
  );
  assert.match(await (await fetch(server.url)).text(), />The rows tell the columns\.</);
  const listed = await runCliInTurn(
    ["export", "squares", "--param", "upTo=1", "--param", "until=2026-11-28"],
    {
      cwd: place,
    },
  );
  assert.equal(listed.stdout, 'n,square,also,until\r\n1,1,"",2026-11-28\r\n');
  const failed = await runCliInTurn(["export", "broken"], { cwd: place });
  assert.equal(failed.exitCode, 1);
  assert.match(failed.stderr, /the driver failed/);
  const checked = await runCliInTurn(["check"], { cwd: place });
  assert.match(
    checked.stdout,
    /squares {2}rows {2}columns as the rows tell {2}upTo: integer, also: decimal, until: date\n/,
  );
  assert.equal(checked.exitCode, 0);
});

test("serves rows of a module whose default export is a promise", async () => {
  const place = await mkdtemp(join(folder, "promise-"));
  const program = "export default Promise.resolve({ exports: { one: { rows: () => [{ n: 1 }] } } });";
  await writeFile(join(place, "stream-csv.config.mjs"), program);
  await using server = await startServe([], { cwd: place });
  for (const delivery of ["streaming", "file"]) {
    const answer = await fetch(`${server.url}/exports/one.csv?delivery=${delivery}`);
    assert.equal(await answer.text(), "n\r\n1\r\n");
  }
});

const faults: readonly (readonly [string, string, RegExp])[] = [
  ["a module without a default export", "export const exports = {};", /has no default export/],
  ["a module that can't be imported", "syntax error", /can't be imported: /],
  [
    "a module that imports a package there isn't",
    'import "no-such-package";',
    /can't be imported: Cannot find package .*\. Install in its folder what it imports, by npm install;/,
  ],
  [
    "a module that imports a file there isn't",
    'import "./missing.mjs";',
    /can't be imported: Cannot find module '.*missing\.mjs' .*\. Correct the path that it imports\.\n/,
  ],
  [
    "a module that reads a file there isn't, without advice on its own name",
    'import { readFileSync } from "node:fs"; readFileSync("secret.pem");',
    /can't be imported: ENOENT: no such file or directory, open 'secret\.pem'\s*$/,
  ],
  [
    "a module whose promise is broken",
    "export default Promise.reject(new Error('the vault is closed'));",
    /can't be imported: the vault is closed\n/,
  ],
  [
    "rows that are no function",
    "export default { exports: { a: { rows: [] } } };",
    /"exports\.a\.rows" in ".*" is \[\]; it takes a function\./,
  ],
];
for (const [what, program, message] of faults) {
  test(`refuses ${what}`, async () => {
    const place = await mkdtemp(join(folder, "bad-"));
    await writeFile(join(place, "stream-csv.config.mjs"), program);
    const { exitCode, stderr } = await runCliInTurn(["check"], { cwd: place });
    assert.match(stderr, message);
    assert.equal(exitCode, 1);
  });
}

test("refuses a module that awaits what never comes", async () => {
  const place = await mkdtemp(join(folder, "never-"));
  await writeFile(join(place, "stream-csv.config.mjs"), "await new Promise(() => {}); export default {};");
  // Only a program of its own has nothing else to wait for.
  const { exitCode, stderr } = await runCli(["check"], { cwd: place });
  assert.match(stderr, /can't be imported: it awaits something that never comes\.\n/);
  assert.equal(exitCode, 1);
});

test("says what to do about a module that doesn't exist", async () => {
  const { exitCode, stderr } = await runCliInTurn(["check", "--config", "none.mjs"], { cwd: folder });
  assert.match(stderr, /none\.mjs" can't be read: ENOENT.*\. Name a file that exists with --config/);
  assert.equal(exitCode, 1);
});
