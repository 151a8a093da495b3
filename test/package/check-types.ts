import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root, type Project } from "./tarball.ts";

const execute = promisify(execFile);

/** What npm installs for a version of TypeScript, beside other versions of it. */
export const compilerPackage = (version: string): string =>
  `typescript-${version}@npm:typescript@~${version}`;

/** Has a program that uses every export checked by a compiler, with modules found in each of these ways. */
export async function checkTypes(
  project: Project,
  version: string,
  resolutions: readonly string[],
): Promise<void> {
  await project.write("consumer.ts", await readFile(join(root, "fixtures/package/consumer.ts"), "utf8"));
  const configurations = await Promise.all(
    resolutions.map((resolution) => writeConfiguration(project, resolution)),
  );
  const compiler = join(project.folder, `node_modules/typescript-${version}/bin/tsc`);
  // All in one process, since a compiler is slow while its own code is new to the engine.
  const { stdout } = await execute(
    process.execPath,
    [compiler, "--build", ...configurations, "--force", "--verbose"],
    { cwd: project.folder, timeout: 120_000 },
  ).catch((error: Error & { readonly stdout: string }) => assert.fail(`${error.message}\n${error.stdout}`));
  for (const resolution of resolutions)
    assert.match(stdout, new RegExp(`Building project '.*tsconfig\\.${resolution}\\.json'`));
}

/** Writes the configuration of one way in which modules are found, and gives its path. */
function writeConfiguration(project: Project, moduleResolution: string): Promise<string> {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    target: "es2022",
    lib: ["es2022"],
    types: ["node"],
    module: moduleResolution === "bundler" ? "esnext" : moduleResolution,
    moduleResolution,
  };
  const text = JSON.stringify({ files: ["consumer.ts"], compilerOptions });
  return project.write(`tsconfig.${moduleResolution}.json`, text);
}
