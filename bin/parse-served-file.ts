import { existsSync } from "node:fs";
import type { ServedFile } from "../src/server.ts";

/**
 * Parses a file to serve: `FILE`, or `NAME=FILE`. If the whole text, including `=`, is the path of an existing file,
 * it is that file.
 * @throws RangeError for an empty text
 */
export function parseServedFile(text: string): ServedFile {
  if (text === "") throw new RangeError('"" is not a file to serve. Write FILE or NAME=FILE.');
  const match = /^([^=/\\]+)=(.+)$/s.exec(text);
  if (match === null || existsSync(text)) return { path: text };
  return { name: match[1] ?? "", path: match[2] ?? "" };
}
