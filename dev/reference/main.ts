import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { referenceFiles } from "./reference-files.ts";

/** Writes the reference pages and the golden declarations of every entry. */
const root = fileURLToPath(new URL("../../../", import.meta.url));
const references = await referenceFiles();
for (const { path, text } of references.flatMap(({ files }) => files)) {
  await mkdir(dirname(root + path), { recursive: true });
  await writeFile(root + path, text);
  process.stdout.write(`${path}\n`);
}
