import { existsSync } from "node:fs";
import type { ServedFile } from "../src/server.ts";

/**
 * A file to serve as it is written on the command line: `FILE`, or `NAME=FILE`. A path that holds a `=` and leads to a
 * file is that file.
 * @throws RangeError for an empty text
 */
export function parseServedFile(text: string): ServedFile {
  if (text === "") throw new RangeError('"" is not a file to serve. Write FILE or NAME=FILE.');
  const match = /^([^=/\\]+)=(.+)$/s.exec(text);
  if (match === null || existsSync(text)) return { path: text };
  return { name: match[1] ?? "", path: match[2] ?? "" };
}
