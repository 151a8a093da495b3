import { after, before, test } from "node:test";
import { checkTypes, compilerPackage } from "./check-types.ts";
import { makeProject, type Project } from "./tarball.ts";

/**
 * By version older than the newest, the ways in which modules are found. The oldest that is supported checks them all, but for node16,
 * which is nodenext there; the last ones of the lines between, which take longest, one each.
 */
const checks: Readonly<Record<string, readonly string[]>> = {
  "5.4": ["nodenext", "bundler"],
  "5.9": ["node16"],
  "6.0": ["bundler"],
};

let project: Project;

before(async () => {
  project = await makeProject(["@types/node@20", ...Object.keys(checks).map(compilerPackage)]);
});
after(() => project[Symbol.asyncDispose]());

for (const [version, resolutions] of Object.entries(checks)) {
  test(`TypeScript ${version} checks every declaration by ${resolutions.join(", ")}, without the optional packages`, async () => {
    await checkTypes(project, version, resolutions);
  });
}
