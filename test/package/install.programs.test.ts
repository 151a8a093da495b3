import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
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

test("a CommonJS program in TypeScript imports the package with nodenext, and anywhere with import()", async () => {
  const compiler = join(project.folder, "node_modules/typescript-7.0/bin/tsc");
  const check = async (module: string, code: string): Promise<string> => {
    const program = await project.write("program.cts", code);
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--types", "node", "--module", module];
    const checked = execute(process.execPath, [compiler, ...flags, program], {
      cwd: project.folder,
      timeout: 120_000,
    });
    return (await checked.catch((error: Error & { readonly stdout: string }) => error)).stdout;
  };
  const imported = `import { csvResponse } from "stream-csv"; csvResponse([]).statusCode = 201;`;
  const awaited = `void import("stream-csv").then(({ csvResponse }) => (csvResponse([]).statusCode = 201));`;
  assert.equal(await check("nodenext", imported), "");
  assert.equal(await check("node16", awaited), "");
  // What README says of other settings.
  assert.match(await check("node16", imported), /TS1479/);
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

/** The optional packages that a program may need, which a bundler must be told of. */
const optional = ["@aws-sdk/*", "bullmq", "ioredis", "jose"];

test("a bundle that needs a program of the package says that the package has to stay outside", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-bundle-"));
  const needing: Readonly<Record<string, string>> = {
    "#sqlite-reader": `import { openSource } from "stream-csv"; export const run = () => openSource("rows.sqlite");`,
    "#worker": `import { startServer } from "stream-csv/server"; export const run = () => startServer({ port: 0, generated: true });`,
  };
  const report = `run().catch(({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })));`;
  try {
    await writeFile(join(folder, "rows.sqlite"), "");
    for (const [name, code] of Object.entries(needing)) {
      const outfile = join(folder, `${name.slice(1)}.mjs`);
      const { metafile } = await build({
        entryPoints: [await project.write("needing.mjs", `${code}\n${report}`)],
        bundle: true,
        platform: "node",
        format: "esm",
        outfile,
        external: optional,
        // CommonJS packages in an ES module need it.
        banner: {
          js: `import * as nodeModule from "node:module"; const require = nodeModule.createRequire(import.meta.url);`,
        },
        metafile: true,
        logLevel: "silent",
      });
      assert.equal(Object.keys(metafile.outputs).length, 1);
      const { stdout } = await execute(process.execPath, [outfile], { cwd: folder, timeout: 60_000 });
      const said = JSON.parse(stdout) as Readonly<Record<string, string>>;
      assert.equal(said["code"], "SCSV_WORKER_FAILED", stdout);
      assert.ok(said["message"]?.includes(`"${name}"`), stdout);
      assert.match(said["hint"] ?? "", /^Declare stream-csv external /);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("no shipped file names a file or program in a way by which a bundler would copy it", async () => {
  const folder = join(project.folder, "node_modules/stream-csv/dist/bundle");
  const names = await readdir(folder);
  assert.ok(names.includes("index.js"), names.join());
  for (const entry of ["index", "server", "bench"]) {
    const { outputFiles } = await build({
      entryPoints: [join(folder, `${entry}.js`)],
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      write: false,
      logLevel: "silent",
    });
    // Webpack copies the file that a literal leads to, without what that file imports.
    const found = outputFiles[0]?.text.match(
      /import\.meta\.resolve\(\s*["'`].*|new URL\(\s*["'`].*import\.meta.*/g,
    );
    assert.deepEqual(found ?? [], [], entry);
  }
});
