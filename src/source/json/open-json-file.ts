import { wrongRange } from "../../errors.ts";
import type { FileKind } from "../file-endings.ts";
import type { FileOptions } from "../file-options.ts";
import type { Source } from "../source.ts";
import { openJsonSource } from "./json-source.ts";

/** Options that say how a table is written, which JSON itself says. */
const optionsOfTables = ["delimiter", "quote", "header", "nullValue", "skipRows"] as const;

/**
 * Opens a JSON file by what its name says of it.
 * @throws RangeError `SCSV_ARG_RANGE` for an option that JSON has no use for
 * @throws StreamCsvError as {@link openJsonSource}
 */
export async function openJsonFile(
  path: string,
  { name, compression }: FileKind,
  options: FileOptions,
): Promise<Source> {
  const needless = optionsOfTables.find((option) => options[option] !== undefined);
  if (needless !== undefined)
    throw wrongRange(
      `${needless} is an option for CSV and TSV files, and ${JSON.stringify(path)} is JSON: leave it out.`,
    );
  return await openJsonSource({ name, path, compression, encoding: options.encoding });
}
