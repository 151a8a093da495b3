import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes a configuration with the export `endless`, which gives a row each 10 ms until it is cancelled: it runs as long as it has to
 * be seen, and takes hardly any processor time from the tests beside it.
 * @returns the path of the configuration
 */
export async function writeEndlessExport(folder: string, settings: object = {}): Promise<string> {
  const config = join(folder, "stream-csv.config.mjs");
  await writeFile(
    config,
    `const rows = async function* () { for (;;) { yield [1]; await new Promise((go) => setTimeout(go, 10)); } };
export default { ...${JSON.stringify(settings)}, exports: { endless: { columns: ["n"], rows } } };
`,
  );
  return config;
}
