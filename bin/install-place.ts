import { realpathSync } from "node:fs";
import { dirname, isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package. */
export function packageFolder(): string {
  return dirname(realpathSync(fileURLToPath(import.meta.resolve("#package.json"))));
}

/**
 * Where `npm install` has to be run, when that isn't the working directory: a program finds only the packages beside it, and
 * one that is installed globally finds none of a project.
 * @param folder of this package
 * @returns a sentence, or undefined where `npm install` in the working directory helps
 */
export function installPlace(folder: string, workingDirectory: string): string | undefined {
  const [project = folder, ...installed] = folder.split(`${sep}node_modules${sep}`);
  const way = relative(project, workingDirectory);
  const isWithin = way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  if (isWithin) return undefined;
  const remedy =
    installed.length === 0 ? "run it there" : "run it there, or with --global if stream-csv was installed so";
  return `This stream-csv is in "${folder}", where it doesn't find packages of the working directory: ${remedy}.`;
}
