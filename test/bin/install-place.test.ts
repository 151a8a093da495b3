import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { test } from "node:test";
import { explain } from "../../bin/explain.ts";
import { installPlace } from "../../bin/install-place.ts";
import { StreamCsvError } from "../../src/index.ts";

const path = (text: string): string => text.replaceAll("/", sep);
const places: readonly (readonly [
  what: string,
  folder: string,
  cwd: string,
  sentence: RegExp | undefined,
])[] = [
  ["in a project", "/p/node_modules/stream-csv", "/p", undefined],
  ["in a folder of a project", "/p/node_modules/stream-csv", "/p/a/b", undefined],
  ["in a project of pnpm", "/p/node_modules/.pnpm/stream-csv@1/node_modules/stream-csv", "/p/a", undefined],
  [
    "in a folder that begins like the project's",
    "/p/node_modules/stream-csv",
    "/p-2",
    /is in ".*stream-csv"/,
  ],
  [
    "globally",
    "/usr/lib/node_modules/stream-csv",
    "/home/ann",
    /, or with --global if stream-csv was installed so\.$/,
  ],
  ["in a checkout", "/src/stream-csv", "/src/stream-csv/examples", undefined],
  ["in another checkout", "/src/stream-csv", "/src/shop", /of the working directory: run it there\.$/],
];
for (const [what, folder, cwd, sentence] of places)
  test(`says where packages belong ${what}: ${sentence === undefined ? "nothing" : "a sentence"}`, () => {
    const said = installPlace(path(folder), path(cwd));
    if (sentence === undefined) assert.equal(said, undefined);
    else assert.match(String(said), sentence);
  });

test("an error of a missing package says where to install it, in a folder that this program doesn't look into", async (t) => {
  const before = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-"));
  t.after(async () => {
    process.chdir(before);
    await rm(folder, { recursive: true, force: true });
  });
  const missing = new StreamCsvError("SCSV_POSTGRES_MISSING", 'The package "pg" can\'t be loaded.');
  assert.equal(explain(missing, "info"), `${missing.message}\nRun: npm install pg`);
  process.chdir(folder);
  assert.match(explain(missing, "info"), /\nRun: npm install pg\nThis stream-csv is in ".*: run it there/);
});
