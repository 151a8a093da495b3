import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

const execute = promisify(execFile);

/** Runs npm; on Windows it is a script, which only a shell starts. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const isWindows = process.platform === "win32";
  const { stdout } = await execute(isWindows ? "npm.cmd" : "npm", args, {
    cwd,
    shell: isWindows,
    timeout: 180_000,
    maxBuffer: 16 * 1024 ** 2,
  });
  return stdout;
}

/** What `npm pack` says of a tarball. */
export interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

/** Packs what is built already; scripts would build anew, while other tests run from `dist`. */
export async function pack(flags: readonly string[]): Promise<Packed> {
  const text = await npm(["pack", "--json", "--ignore-scripts", ...flags], root);
  const found: unknown = JSON.parse(text);
  // Up to npm 11 a list with one entry, later an object by name.
  const [packed] = Object.values(found as object) as readonly Packed[];
  if (packed === undefined) throw new Error(`npm pack says nothing: ${text}`);
  return packed;
}

/** A project outside the checkout that has the tarball installed. */
export interface Project {
  readonly folder: string;
  /** Writes a file and gives its path. */
  write(name: string, text: string): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a project with the tarball and other packages, each as npm names it; optional peers aren't among them unless named. */
export async function makeProject(packages: readonly string[] = []): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-project-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { filename } = await pack(["--pack-destination", folder]);
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await npm(["install", "--no-audit", "--no-fund", `./${filename}`, ...packages], folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    folder,
    write: async (name, text) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** The first program of the README, and what it prints. */
export async function readmeExample(): Promise<{ readonly code: string; readonly output: string }> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, code, output] = /```js\n([^]*?)```\n\n```text\n([^]*?)```/.exec(readme) ?? [];
  if (code === undefined || output === undefined) throw new Error("The README has no program.");
  return { code, output };
}
