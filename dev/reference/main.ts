import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { configurationFile } from "./configuration-file.ts";
import { referenceFiles } from "./reference-files.ts";

/** Writes the reference pages and the golden declarations of every entry, and the schema of the configuration. */
const root = fileURLToPath(new URL("../../../", import.meta.url));
const references = await referenceFiles();
const files = [...references.flatMap((reference) => reference.files), await configurationFile()];
for (const { path, text } of files) {
  await mkdir(dirname(root + path), { recursive: true });
  await writeFile(root + path, text);
  process.stdout.write(`${path}\n`);
}
