import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { type Comment, parse } from "acorn";

const root = fileURLToPath(new URL("../../../", import.meta.url));
let folder = "";

// Under the repository, where "stream-csv" is the package itself.
before(async () => {
  folder = await mkdtemp(`${root}dist/examples-`);
});

after(() => rm(folder, { recursive: true }));

/** Runs a module in its own process; returns its output. */
async function run(name: string, code: string): Promise<string> {
  const path = `${folder}/${name}.mjs`;
  await writeFile(path, code);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [path], { cwd: root, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr}`));
    });
  });
}

/** The comments of a compiled file, without the stars before each line. */
function commentsIn(code: string): readonly string[] {
  const comments: Comment[] = [];
  parse(code, { ecmaVersion: "latest", sourceType: "module", onComment: comments });
  return comments.map(({ value }) => value.replaceAll(/^ *\* ?/gm, ""));
}

test("runs the examples in the docstrings, and each prints what its comments say", async () => {
  const built = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = await readdir(built, { recursive: true });
  // An example may use whatever the package exports, by its name.
  const imports = 'import * as streamCsv from "stream-csv";\nObject.assign(globalThis, streamCsv);\n';
  let runs = 0;
  for (const file of files.filter((name) => name.endsWith(".js"))) {
    for (const comment of commentsIn(await readFile(`${built}${file}`, "utf8"))) {
      const [, code = ""] = comment.split("@example\n");
      const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
      if (expected.length === 0) continue;
      runs += 1;
      const printed = await run(`example-${runs}`, imports + code);
      assert.deepEqual(printed.trimEnd().split("\n"), expected, file);
    }
  }
  assert.ok(runs >= 7, `${runs} examples`);
});
