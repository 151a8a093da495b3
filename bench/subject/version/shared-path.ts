import { existsSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";

/** What separates paths in a line for the shell, and in variables such as PYTHONPATH. */
const separators = /[\s"'`=;:|&()<>,]+/;

/**
 * The first absolute path in some texts that leads into a working tree, to something that another checkout of the
 * repository has as well: there it would lead to the files of this tree, so that a version would be compared with
 * itself. What only this tree has, such as a data set, is the same for both.
 * @param texts lines for the shell, and values of variables
 */
export function sharedPath(
  texts: readonly string[],
  { root, tree }: { readonly root: string; readonly tree: string },
): string | null {
  const paths = texts
    .flatMap((text) => expanded(text).split(separators))
    .filter((path) => path.startsWith("/"));
  return paths.find((path) => leadsInto(path, root, tree)) ?? null;
}

/** Variables as the shell reads them; it sets PWD itself. */
function expanded(text: string): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (all, braced?: string, plain?: string) => {
    const name = braced ?? plain ?? "";
    return name === "PWD" ? all : (process.env[name] ?? all);
  });
}

function leadsInto(path: string, root: string, tree: string): boolean {
  if (!existsSync(path)) return false;
  const place = relative(root, realpathSync(path));
  return !place.startsWith("..") && !place.startsWith("/") && existsSync(join(tree, place));
}
