import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { breachesOf } from "./architecture/law.ts";
import { readModule } from "./architecture/read-module.ts";
import { storeys } from "./architecture/storeys.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = await readFile(join(root, "CONTRIBUTING.md"), "utf8");

/** The files that the page shows whole: their first line is a comment with their path. */
const shown = [...page.matchAll(/^```typescript\n\/\/ (\S+\.ts)\n([^]*?)^```/gm)].map(
  ([, path = "", text = ""]) => ({ path, text }),
);

test("the page shows a scenario, its section, and a renderer", () => {
  assert.deepEqual(
    shown.map(({ path }) => path),
    ["bench/scenario/twice/twice.ts", "bench/report/scenario/twice.ts", "bench/report/line.ts"],
  );
});

test("the files that the page shows keep the law, with the storeys that it names", async () => {
  const named = [...page.matchAll(/`(\w+): (\d)`[^`]*? into the storeys of\s+`([\w/]+)`/g)];
  const table: Record<string, Readonly<Record<string, number>>> = { ...storeys };
  for (const [, part = "", storey, folder = ""] of named)
    table[folder] = { ...table[folder], [part]: Number(storey) };
  const names = (await readdir(join(root, "bench"), { recursive: true })).filter((name) =>
    name.endsWith(".ts"),
  );
  const bench = await Promise.all(
    names.map(async (name) => readModule(`bench/${name}`, await readFile(join(root, "bench", name), "utf8"))),
  );
  const house = [...bench, ...shown.map(({ path, text }) => readModule(path, text))];
  assert.deepEqual(breachesOf(house, table), []);
});

test("the compiler takes the files that the page shows", async () => {
  assert.equal(await compiled(shown), "");
});

test("the compiler refuses an ending of files that nothing opens", async () => {
  // All that name the type of endings, since files of the repository see its own.
  const names = ["file-endings", "check-file-options", "open-source", "duckdb/open-file"];
  const paths = names.map((name) => `src/source/${name}.ts`);
  const files = await Promise.all(
    paths.map(async (path) => ({
      path,
      text: (await readFile(join(root, path), "utf8")).replace(/^ {2}"\.parquet",$/m, '$&\n  ".orc",'),
    })),
  );
  const [error, ...others] = (await compiled(files)).trimEnd().split(/\n(?=\S)/);
  assert.match(error ?? "", /src\/source\/open-source\.ts\(\d+,\d+\): error TS2345: .*"\.orc"/s);
  assert.deepEqual(others, []);
});

/** What the compiler says of files that stand in the place of those of the repository, or beside them; empty if it takes them. */
async function compiled(files: readonly { readonly path: string; readonly text: string }[]): Promise<string> {
  const folder = await mkdtemp(join(root, "dist/contributing-"));
  try {
    for (const { path, text } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const config = {
      extends: "../../tsconfig.json",
      // The files are compiled as if they were in the repository.
      compilerOptions: { noEmit: true, rootDir: "../..", rootDirs: [".", "../.."] },
      files: files.map(({ path }) => path),
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const run = promisify(execFile)(process.execPath, [compiler, "--project", folder], { timeout: 120_000 });
    const { stdout } = await run.catch((error: Error & { readonly stdout: string }) => error);
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
