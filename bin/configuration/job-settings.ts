import { messageOf } from "../../src/ground.ts";
import type { JobConfiguration, JobSettings } from "../../src/server.ts";
import { checkSetting, defaultSettings } from "../../src/settings.ts";
import { durationIn } from "./duration-in.ts";
import { withEnvironment } from "./with-environment.ts";

/**
 * The jobs of a configuration as the server takes them.
 * @throws RangeError that names the file and the path, and says what can't be
 */
export function jobSettings(jobs: JobConfiguration | undefined, file: string): Partial<JobSettings> {
  const { keep, ...others } = withEnvironment(jobs ?? {}, "jobs", file) as JobConfiguration;
  const keepMs = durationIn(keep, ["jobs", "keep"], file);
  const settings = { ...others, ...(keepMs === undefined ? {} : { keepMs }) };
  try {
    checkSetting("jobs", { ...defaultSettings.jobs, ...settings });
  } catch (cause) {
    throw new RangeError(`In ${JSON.stringify(file)}: ${messageOf(cause)}`, { cause });
  }
  return settings;
}
