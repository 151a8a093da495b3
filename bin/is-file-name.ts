import { fileKindOf } from "../src/settings.ts";

/** Whether a text that may name an export or a file is that of a file: it has a path separator, or the ending of a file. */
export function isFileName(text: string): boolean {
  return /[/\\]/.test(text) || fileKindOf(text) !== undefined;
}
