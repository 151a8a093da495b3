import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";

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

test("runs the examples in the docstrings, and each prints what its comments say", async () => {
  const files = await readdir(`${root}src/response`, { recursive: true });
  let runs = 0;
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    const source = await readFile(`${root}src/response/${file}`, "utf8");
    for (const [, comment = ""] of source.matchAll(/@example\n([^]*?)\*\//g)) {
      const code = comment.replaceAll(/^ *\* ?/gm, "");
      const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
      if (expected.length === 0) continue;
      runs += 1;
      const names = [
        ...code.matchAll(/\b(?:new |await |= )?([A-Z]\w+|compress|conditionalGet|contentLength)\b(?=[.(])/g),
      ];
      const used = new Set(
        names.map(([, name]) => name).filter((name) => name !== "JSON" && name !== "Buffer"),
      );
      const printed = await run(
        `example-${runs}`,
        `import { ${[...used].join(", ")} } from "stream-csv";\n${code}`,
      );
      assert.deepEqual(printed.trimEnd().split("\n"), expected, file);
    }
  }
  assert.ok(runs >= 7, `${runs} examples`);
});
