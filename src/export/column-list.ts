import { readCsvRow } from "../csv/read-csv-row.ts";
import { toError } from "../errors.ts";

/**
 * Reads a list of columns, which is one CSV row of their names.
 * @throws RangeError that quotes the text and says what is wrong with it
 */
export function readColumnList(text: string): readonly string[] {
  const names = namesIn(text);
  if (names.includes("")) throw notColumns(text, "a name is empty");
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new RangeError(`"${text}" names the column "${name}" twice; name it once.`);
    seen.add(name);
  }
  return names;
}

function namesIn(text: string): readonly string[] {
  try {
    return readCsvRow(text);
  } catch (error) {
    throw notColumns(text, toError(error).message, error);
  }
}

function notColumns(text: string, why: string, cause?: unknown): RangeError {
  return new RangeError(
    `"${text}" is not a list of columns: ${why}. Write one CSV row of column names, such as id,"customer".`,
    { cause },
  );
}
