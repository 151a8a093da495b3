import type { LoadedConfiguration } from "./load-configuration.ts";

/** Whether a name is that of an export of a configuration: of the whole source, or of one table of a file. */
export function isOfConfiguration(
  exportName: string,
  configuration: LoadedConfiguration | undefined,
): boolean {
  return sourcesNamed(exportName, configuration).length > 0;
}

/** The configured sources that may have an export of that name. */
export function sourcesNamed(
  exportName: string,
  configuration: LoadedConfiguration | undefined,
): LoadedConfiguration["sources"] {
  return (configuration?.sources ?? []).filter(
    ({ name = "" }) => exportName === name || exportName.startsWith(`${name}.`),
  );
}
