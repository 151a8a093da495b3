import { parseDuration, messageOf } from "../../src/ground.ts";
import type { JobConfiguration, JobSettings } from "../../src/server.ts";
import { checkSetting, defaultSettings } from "../../src/settings.ts";
import { withEnvironment } from "./with-environment.ts";

/**
 * The jobs of a configuration as the server takes them.
 * @throws RangeError that names the file and the path, and says what can't be
 */
export function jobSettings(jobs: JobConfiguration | undefined, file: string): Partial<JobSettings> {
  const { keep, ...others } = withEnvironment(jobs ?? {}, "jobs", file) as JobConfiguration;
  const settings = { ...others, ...(keep === undefined ? {} : { keepMs: keepIn(keep, file) }) };
  try {
    checkSetting("jobs", { ...defaultSettings.jobs, ...settings });
  } catch (cause) {
    throw new RangeError(`In ${JSON.stringify(file)}: ${messageOf(cause)}`, { cause });
  }
  return settings;
}

function keepIn(text: string, file: string): number {
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds > 0) return milliseconds;
    throw new RangeError(`${JSON.stringify(text)} is too short.`);
  } catch (cause) {
    throw new RangeError(`"jobs.keep" in "${file}" can't be used: ${messageOf(cause)}`, { cause });
  }
}
