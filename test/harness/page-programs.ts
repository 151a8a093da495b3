import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const execute = promisify(execFile);

/** The folders of pages that people write; each has its pages directly in it. */
const folders = ["", "docs/guides/", "docs/reference/", "docs/reference/api/"];

/** The paths of all pages, from the root of the repository. */
export async function findPages(): Promise<readonly string[]> {
  const found = folders.map(async (folder) =>
    (await readdir(root + folder)).filter((name) => name.endsWith(".md")).map((name) => folder + name),
  );
  return (await Promise.all(found)).flat();
}

/** A program of a page, with what the page says it prints. */
export interface PageProgram {
  /** Which program of which page it is. */
  readonly name: string;
  readonly code: string;
  readonly output: string;
}

/** The programs of a page whose output the page shows. */
export async function programsOf(page: string): Promise<readonly PageProgram[]> {
  const text = await readFile(root + page, "utf8");
  const examples = [...text.matchAll(/```js\n([^]*?)```\n\n```text\n([^]*?)```/g)];
  return examples.map(([, code = "", output = ""], index) => ({
    name: `program ${index + 1} of ${page}`,
    code,
    output,
  }));
}

/** Runs a program of a page where "stream-csv" is the package itself, and gives what it prints. */
export async function runPageProgram({ code }: PageProgram): Promise<string> {
  const folder = await mkdtemp(`${root}dist/program-`);
  try {
    const path = `${folder}/program.mjs`;
    await writeFile(path, code);
    const { stdout } = await execute(process.execPath, [path], { cwd: root, timeout: 240_000 });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The lines of an output in one order, since that of two processes' lines isn't guaranteed. */
export function sortedLines(text: string): readonly string[] {
  return text
    .trim()
    .split(/\r?\n/)
    .toSorted((first, second) => first.localeCompare(second));
}
