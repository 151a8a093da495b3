import type { Configuration, ServedSource } from "../../src/server.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { configurationSchema, type FlagGroups } from "./configuration-schema.ts";
import { withEnvironment } from "./with-environment.ts";
import { readConfiguration } from "./read-configuration.ts";
import { servedSources } from "./served-sources.ts";

/** A configuration that was found, read and checked. */
export interface LoadedConfiguration {
  /** Its absolute path. */
  readonly file: string;
  readonly configuration: Configuration;
  /** Its exports as the server takes them. */
  readonly sources: readonly ServedSource[];
}

/**
 * Loads a configuration.
 * @throws Error or RangeError that names the file, and the path and value at fault
 */
export async function loadConfiguration(file: string, groups: FlagGroups): Promise<LoadedConfiguration> {
  const { value, isModule } = await readConfiguration(file);
  // An empty file of YAML is null.
  const checked = checkConfiguration(
    configurationSchema(groups, isModule),
    value ?? {},
    file,
  ) as Configuration;
  const configuration = { ...checked, databases: databasesOf(checked, file) };
  return { file, configuration, sources: servedSources(configuration, file) };
}

/** Only here secrets are wanted; what a target of the bench takes from the environment is never kept. */
function databasesOf(
  { databases = {} }: Configuration,
  file: string,
): NonNullable<Configuration["databases"]> {
  return withEnvironment(databases, "databases", file) as NonNullable<Configuration["databases"]>;
}
