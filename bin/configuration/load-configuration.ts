import { dirname } from "node:path";
import { messageOf } from "../../src/ground.ts";
import { parseConnectionUrl, withFilesIn } from "../../src/internal.ts";
import type { Configuration, JobSettings, LinkSettings, ServedSource } from "../../src/server.ts";
import { checkConfiguration } from "./check-configuration.ts";
import { configurationStamp } from "./configuration-stamp.ts";
import { configurationSchema, type FlagGroups } from "./configuration-schema.ts";
import { withEnvironment } from "./with-environment.ts";
import { jobSettings } from "./job-settings.ts";
import { readConfiguration } from "./read-configuration.ts";
import { servedSources } from "./served-sources.ts";

/** A configuration that was found, read and checked. */
export interface LoadedConfiguration {
  /** Its absolute path. */
  readonly file: string;
  /** The stamp of the file just before it was read. A change while the server starts shows in it. */
  readonly stamp: string | undefined;
  readonly configuration: Configuration;
  /** Its exports as the server takes them. */
  readonly sources: readonly ServedSource[];
  /** Its jobs as the server takes them. */
  readonly jobs: Partial<JobSettings>;
  /** Reads and checks the file again. */
  readonly reload: () => Promise<Configuration>;
}

/**
 * Loads a configuration.
 * @throws Error or RangeError that names the file, and the path and value at fault
 */
export async function loadConfiguration(file: string, groups: FlagGroups): Promise<LoadedConfiguration> {
  const stamp = configurationStamp(file);
  const { value, isModule } = await readConfiguration(file);
  // An empty file of YAML is null.
  const checked = checkConfiguration(
    configurationSchema(groups, isModule),
    value ?? {},
    file,
  ) as Configuration;
  const { links } = checked;
  const configuration = {
    ...checked,
    databases: databasesOf(checked, file),
    ...(links === undefined ? {} : { links: withEnvironment(links, "links", file) as LinkSettings }),
  };
  return {
    file,
    stamp,
    configuration,
    sources: servedSources(configuration, file),
    jobs: jobSettings(checked.jobs, file),
    reload: async () => (await loadConfiguration(file, groups)).configuration,
  };
}

/** Only here secrets are wanted; what a target of the bench takes from the environment is never kept. */
function databasesOf(
  { databases = {} }: Configuration,
  file: string,
): NonNullable<Configuration["databases"]> {
  const named = withEnvironment(databases, "databases", file) as NonNullable<Configuration["databases"]>;
  return Object.fromEntries(
    Object.entries(named).map(([name, database]) => [
      name,
      { ...database, url: urlOf(database.url, `databases.${name}.url`, file) },
    ]),
  );
}

/** The URL of a database, with paths that don't depend on the working directory. Its own message quotes no part of it. */
function urlOf(text: string, path: string, file: string): string {
  try {
    const url = withFilesIn(dirname(file), text);
    parseConnectionUrl(url);
    return url;
  } catch (cause) {
    throw new RangeError(`"${path}" in "${file}" can't be used. ${messageOf(cause)}`, { cause });
  }
}
