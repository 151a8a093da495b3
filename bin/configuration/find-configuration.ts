import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { whyNoModule } from "./read-configuration.ts";

/** The names of a configuration, in the order in which help lists them. */
export const configurationNames = [
  "stream-csv.yaml",
  "stream-csv.yml",
  "stream-csv.json",
  "stream-csv.config.js",
  "stream-csv.config.mjs",
] as const;

/** Without a word on these, a server would start without them, and serve something else. */
const otherNames = ["ts", "mts", "cts", "cjs"].map((ending) => `stream-csv.config.${ending}`);

/**
 * The absolute path of the configuration in a folder; undefined if it has none.
 * @throws RangeError if it has several, since any choice would be a guess, or only a module of a kind that can't be read
 */
export function findConfiguration(folder: string): string | undefined {
  const found = configurationNames.filter((name) => existsSync(resolve(folder, name)));
  if (found.length > 1)
    throw new RangeError(
      `There are ${found.length} configurations in ${JSON.stringify(folder)}: ${found.join(", ")}. Keep one of them, or name one with --config.`,
    );
  if (found[0] !== undefined) return resolve(folder, found[0]);
  const other = otherNames.find((name) => existsSync(resolve(folder, name)));
  if (other !== undefined)
    throw new RangeError(`The configuration "${resolve(folder, other)}" ${whyNoModule}`);
  return undefined;
}
