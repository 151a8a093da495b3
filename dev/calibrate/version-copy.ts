import { cp, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What is done to a copy; `null` leaves it as it is. */
export type Burden = "dearer-streams" | "heavier-streams" | null;

/** A copy of this version that can be measured against it. */
export interface VersionCopy {
  /** Path of its `stream-csv`. */
  readonly program: string;
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Copies the built version, so that both sides of a run differ in their path in every kind of run, and puts a burden on
 * the servers it starts. The burden is a module that Node loads before the program: the code that is measured is the
 * same, byte for byte.
 */
export async function copyVersion(burden: Burden): Promise<VersionCopy> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-calibrate-"));
  const bin = join(folder, "dist", "bin");
  for (const part of ["dist/bin", "dist/src", "dist/bench", "package.json"]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  const program = join(bin, "stream-csv.js");
  await rename(program, join(bin, "plain.js"));
  await writeFile(program, wrapper(burden), { mode: 0o755 });
  return { program, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Workers are processes of their own, which inherit the environment; the bench itself carries no burden. */
function wrapper(burden: Burden): string {
  if (burden === null) return `#!/usr/bin/env node\nawait import("./plain.js");\n`;
  const { href } = pathToFileURL(join(root, "dist", "fixtures", "programs", `${burden}.js`));
  return `#!/usr/bin/env node
if (process.argv[2] === "serve") {
  process.env.NODE_OPTIONS = \`\${process.env.NODE_OPTIONS ?? ""} --import ${href}\`;
}
await import("./plain.js");
`;
}
