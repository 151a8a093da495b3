import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The names of a configuration, in the order in which help lists them. */
export const configurationNames = [
  "stream-csv.yaml",
  "stream-csv.yml",
  "stream-csv.json",
  "stream-csv.config.js",
  "stream-csv.config.mjs",
] as const;

/**
 * The absolute path of the configuration in a folder; undefined if it has none.
 * @throws RangeError if it has several, since any choice would be a guess
 */
export function findConfiguration(folder: string): string | undefined {
  const found = configurationNames.filter((name) => existsSync(resolve(folder, name)));
  if (found.length > 1)
    throw new RangeError(
      `There are ${found.length} configurations in ${JSON.stringify(folder)}: ${found.join(", ")}. Keep one of them, or name one with --config.`,
    );
  return found[0] === undefined ? undefined : resolve(folder, found[0]);
}
