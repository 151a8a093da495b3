import { cp, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The handicap on a copy; `null` for none. */
export type Handicap = "slower-streams" | "heavier-streams" | null;

/** A copy of this version that can be measured against it. */
export interface VersionCopy {
  /** Path of its `stream-csv`. */
  readonly program: string;
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Copies the built version, so that the paths of both sides differ in every kind of run, and puts a handicap on the
 * servers it starts. The handicap is a module that Node loads before the program, so the measured code is the same,
 * byte for byte.
 */
export async function copyVersion(handicap: Handicap): Promise<VersionCopy> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-calibrate-"));
  const bin = join(folder, "dist", "bin");
  for (const part of ["dist/bin", "dist/bundle", "fixtures/calibration", "package.json"]) {
    await cp(join(root, part), join(folder, part), { recursive: true });
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  const program = join(bin, "stream-csv.js");
  await rename(program, join(bin, "plain.js"));
  await writeFile(program, wrapper(handicap), { mode: 0o755 });
  return { program, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Worker processes inherit the environment; the bench itself has no handicap. */
function wrapper(handicap: Handicap): string {
  if (handicap === null) return `#!/usr/bin/env node\nawait import("./plain.js");\n`;
  const { href } = pathToFileURL(join(root, "dist", "fixtures", "programs", `${handicap}.js`));
  return `#!/usr/bin/env node
if (process.argv[2] === "serve") {
  process.env.NODE_OPTIONS = \`\${process.env.NODE_OPTIONS ?? ""} --import ${href}\`;
}
await import("./plain.js");
`;
}
