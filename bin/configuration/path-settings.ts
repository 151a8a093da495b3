import { existsSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { isFileName } from "../is-file-name.ts";
import { standardOutput } from "../sink.ts";

/** Where relative paths begin, and which names are those of exports. */
export interface PathOrigin {
  readonly folder: string;
  readonly isExport: (name: string) => boolean;
}

/** Puts the folder in front of the path in a text; what isn't a path stays as it is. */
type Relocate = (text: string, origin: PathOrigin) => string;

/**
 * The flags that take paths, by their names in the configuration, where a path is relative to the file. Every group has them; no two
 * commands have flags of one name that differ in this.
 */
export const pathSettings: Readonly<Record<string, Relocate>> = {
  spoolDir: pathIn,
  tlsCert: pathIn,
  tlsKey: pathIn,
  tracing: pathIn,
  baseline: pathIn,
  saveBaseline: pathIn,
  // FORMAT=FILE
  output: (text, origin) =>
    text.replace(/^([^=]*=)(.+)$/s, (all, format: string, file: string) =>
      file === standardOutput ? all : format + pathIn(file, origin),
    ),
  // The name of an export, or a file.
  export: (text, origin) => {
    const path = pathIn(text, origin);
    return !origin.isExport(text) && (isFileName(text) || existsSync(path)) ? path : text;
  },
};

/** Relative to the working directory, so that messages and results have the same short path on every machine. */
function pathIn(text: string, { folder }: PathOrigin): string {
  return text === "" || isAbsolute(text) ? text : join(relative(process.cwd(), folder), text);
}
