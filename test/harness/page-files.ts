import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Folders of files that pages show as blocks of code, such as js with `file=mysql/server.mjs`. A test runs each. */
export const pageFolders = {
  drizzle: "docs/guides/databases.md",
  http: "docs/guides/databases.md",
  knex: "docs/guides/databases.md",
  mongodb: "docs/guides/databases.md",
  mysql: "docs/guides/databases.md",
  prisma: "docs/guides/databases.md",
  spreadsheets: "docs/guides/spreadsheets.md",
} as const;

/** A file that a page shows. */
export interface PageFile {
  readonly folder: string;
  readonly name: string;
  readonly text: string;
}

/** The files that the text of a page shows. */
export function filesOfPage(page: string): readonly PageFile[] {
  const blocks = page.matchAll(/^```js file=([^/\n]+)\/(\S+)\n([^]*?)^```$/gm);
  return [...blocks].map(([, folder = "", name = "", text = ""]) => ({ folder, name, text }));
}

/** A folder with the files of a page in it. */
export interface WrittenFiles extends AsyncDisposable {
  readonly path: string;
}

/**
 * Writes the files of a folder as the page shows them, under the repository, where "stream-csv" is the package itself.
 * @param packages stand-ins for packages, by name: the text of a module
 */
export async function writePageFiles(
  folder: keyof typeof pageFolders,
  packages: Readonly<Record<string, string>> = {},
): Promise<WrittenFiles> {
  const path = await mkdtemp(join(root, `dist/page-${folder}-`));
  const files = filesOfPage(await readFile(join(root, pageFolders[folder]), "utf8"));
  for (const { folder: shown, name, text } of files) {
    if (shown === folder) await writeFile(join(path, name), text);
  }
  for (const [name, text] of Object.entries(packages)) {
    const file = join(path, "node_modules", name, "index.mjs");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await writeFile(join(dirname(file), "package.json"), JSON.stringify({ name, exports: "./index.mjs" }));
  }
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true }) };
}
