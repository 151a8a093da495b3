import { StreamCsvError } from "../errors.ts";
import type { ExportDefinition } from "./definition.ts";
import type { ExportGroup } from "./export-group.ts";

/** Names that clients leave out of a path before they send it (RFC 3986, section 5.2.4), and one that no path has. */
const pathSteps: ReadonlySet<string> = new Set(["", ".", ".."]);

/**
 * Checks that a request can tell all exports apart by their names.
 * @throws StreamCsvError `SCSV_DUPLICATE_EXPORT` when two have one name, `SCSV_BAD_SETTING` for a name that a URL can't have
 */
export function checkExportNames(
  generated: readonly ExportDefinition[],
  groups: readonly ExportGroup[],
): void {
  // Names that differ in their normal form alone look the same, and a request for either may have been typed for the other.
  const owners = new Map<string, string>(generated.map(({ name }) => [name, "a generated export"]));
  for (const group of groups) {
    for (const name of group.lastNames) {
      if (pathSteps.has(name)) throw unreachable(name, group);
      const owner = owners.get(name.normalize());
      if (owner !== undefined) throw duplicate(name, group, owner);
      owners.set(name.normalize(), group.title);
    }
  }
}

function unreachable(name: string, group: ExportGroup): StreamCsvError {
  return new StreamCsvError(
    "SCSV_BAD_SETTING",
    `${group.title} can't be served as ${JSON.stringify(name)}: clients leave that out of the path of a URL.`,
    { hint: `Give it ${group.renaming}.` },
  );
}

function duplicate(name: string, group: ExportGroup, owner: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_DUPLICATE_EXPORT",
    `${group.title} and ${owner} would both be served as ${JSON.stringify(name)}.`,
    { hint: `Give one of them ${group.renaming}.` },
  );
}
