import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { checkTypes, compilerPackage } from "./check-types.ts";
import { makeProject, readmeExample, type Project } from "./tarball.ts";

const execute = promisify(execFile);

let project: Project;

before(async () => {
  project = await makeProject(["@types/node@20", compilerPackage("7.0")]);
});
after(() => project[Symbol.asyncDispose]());

/** Runs a program where no package of ours is installed. */
async function run(program: string): Promise<string> {
  const { stdout } = await execute(process.execPath, [program], { timeout: 60_000 });
  return stdout;
}

function sorted(text: string): readonly string[] {
  return text.trim().split("\n").toSorted();
}

test("the newest TypeScript checks every declaration, without the optional packages", async () => {
  await checkTypes(project, "7.0", ["nodenext", "node16", "bundler"]);
});

test("installs none of the optional packages", async () => {
  const names = await readdir(join(project.folder, "node_modules"));
  for (const optional of ["@duckdb", "fzstd"]) assert.ok(!names.includes(optional), optional);
});

test("the README's example runs against the installed package", async () => {
  const { code, output } = await readmeExample();
  assert.deepEqual(sorted(await run(await project.write("example.mjs", code))), sorted(output));
});

for (const [format, ending] of [
  ["esm", "mjs"],
  ["cjs", "cjs"],
] as const) {
  test(`esbuild bundles the README's example to ${format}, and the bundle answers by itself`, async () => {
    const { code, output } = await readmeExample();
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-bundle-"));
    try {
      const outfile = join(folder, `bundle.${ending}`);
      await build({
        entryPoints: [await project.write("bundled.mjs", code)],
        bundle: true,
        platform: "node",
        format,
        outfile,
        logLevel: "silent",
      });
      assert.deepEqual(sorted(await run(outfile)), sorted(output));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test("a configuration module has the classes of the installed program that reads it", async () => {
  const config = await project.write(
    "stream-csv.config.mjs",
    `import { StreamCsvError } from "stream-csv";
     import { defineConfig } from "stream-csv/server";
     const fail = (message) => () => { throw new StreamCsvError("SCSV_QUERY_FAILED", message); };
     export default defineConfig({ exports: { good: { columns: ["a"], rows: () => [[1]] }, bad: { columns: ["a"], rows: fail("The view is gone.") } } });`,
  );
  const program = join(project.folder, "node_modules/stream-csv/dist/bin/stream-csv.js");
  const exported = (name: string) =>
    execute(process.execPath, [program, "export", name, "--config", config], { timeout: 60_000 });
  assert.equal((await exported("good")).stdout, "a\r\n1\r\n");
  await assert.rejects(exported("bad"), { stderr: /^error: The view is gone\.\n/ });
});

test("a CommonJS program can require every entry of the package", async () => {
  const program = await project.write(
    "required.cjs",
    `for (const entry of ["stream-csv", "stream-csv/server", "stream-csv/bench"]) console.log(Object.keys(require(entry)).length > 0);`,
  );
  assert.equal(await run(program), "true\ntrue\ntrue\n");
});
