import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
/** The nearest folder that holds a file, from one folder up to another. */
export function nearestWith(file: string, from: string, upTo: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, file))) return folder;
    if (folder === upTo || folder === dirname(folder)) return null;
  }
}
