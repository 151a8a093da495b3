import { dirname, resolve } from "node:path";
import type { BenchTarget } from "../../bench/index.ts";
import type { ParameterText } from "../param-option.ts";
import type { OwnSettings } from "./apply-settings.ts";
import { withEnvironment } from "./with-environment.ts";

/** Settings of the bench without a flag: values of the export's parameters, and targets as objects. */
export function benchSettings(file: string): OwnSettings {
  return {
    parameters: readParameters,
    targets: (value) => readTargets(value, file),
  };
}

function readParameters(value: unknown): readonly ParameterText[] {
  return Object.entries(objectOf(value)).flatMap(([name, given]) => {
    const values: readonly unknown[] = Array.isArray(given) ? given : [given];
    return values.map((one): ParameterText => {
      if (typeof one === "string" || typeof one === "number" || typeof one === "boolean")
        return [name, String(one)];
      throw new RangeError(`"${name}" is ${JSON.stringify(given)}, which is not a value.`);
    });
  });
}

/** What bench itself can't know: the folder of the file, and the environment. All else is checked there. */
function readTargets(value: unknown, file: string): readonly BenchTarget[] {
  return Object.entries(objectOf(value)).map(([name, settings]) =>
    readTarget(name, objectOf(settings), file),
  );
}

function readTarget(name: string, given: Readonly<Record<string, unknown>>, file: string): BenchTarget {
  const folder = dirname(file);
  const { headers, env, cwd } = given;
  const place = `bench.targets.${name}`;
  return {
    ...given,
    ...(headers === undefined
      ? {}
      : { headers: withEnvironment(headers, `${place}.headers`, file) as never }),
    ...(env === undefined ? {} : { env: withEnvironment(env, `${place}.env`, file) as never }),
    cwd: typeof cwd === "string" ? resolve(folder, cwd) : folder,
    name,
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new RangeError(`${JSON.stringify(value)} is not an object.`);
}
