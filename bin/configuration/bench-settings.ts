import { dirname, resolve } from "node:path";
import { looseObject, optional, record, safeParse, string, type InferOutput } from "valibot";
import type { BenchTarget } from "../../bench/index.ts";
import type { OwnSettings } from "./apply-settings.ts";
import { withEnvironment } from "./environment.ts";

/** What else a target has is checked where it is measured, as that of flags. */
const targetsSchema = record(string(), looseObject({ cwd: optional(string()) }));

/** `bench.targets` as a configuration has them: settings by the name of the target. */
export type ConfiguredTargets = Readonly<InferOutput<typeof targetsSchema>>;

/** Reads the settings of `bench` that have no flag. */
export const benchSettings: OwnSettings = { targets: readConfiguredTargets };

function readConfiguredTargets(value: unknown): ConfiguredTargets {
  const found = safeParse(targetsSchema, value);
  if (found.success) return found.output;
  throw new RangeError(
    `${JSON.stringify(value)} names no targets. Write an object for each: targets: { api: { command: …, url: … } }.`,
  );
}

/**
 * The targets of a configuration, as `bench` takes them: values `env:NAME` are read from the environment, and folders are
 * relative to the file.
 * @throws RangeError that names a variable that isn't set
 */
export function benchTargetsOf(targets: ConfiguredTargets, file: string): readonly BenchTarget[] {
  return Object.entries(targets).map(([name, settings]) => {
    const { cwd } = settings;
    const values = withEnvironment(settings, `bench.targets.${name}`, file) as typeof settings;
    return { ...values, name, cwd: resolve(dirname(file), cwd ?? ".") };
  });
}
