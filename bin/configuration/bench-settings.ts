import { dirname, resolve } from "node:path";
import type { BenchTarget } from "../../bench/index.ts";
import { textsOfItems } from "../../src/internal.ts";
import type { ParameterText } from "../param-option.ts";
import type { OwnSettings } from "./apply-settings.ts";
import { kindOfValue, quoteValue } from "./quote-value.ts";
import { withEnvironment } from "./with-environment.ts";

const scalarKinds: ReadonlySet<string> = new Set(["string", "number", "bigint", "boolean"]);

/** Settings of the bench without a flag: values of the export's parameters, and targets as objects. */
export function benchSettings(file: string): OwnSettings {
  return {
    parameters: readParameters,
    targets: (value) => readTargets(value, file),
  };
}

function readParameters(value: unknown): readonly ParameterText[] {
  if (!isObject(value)) throw new RangeError(`${quoteValue(value)} is not an object.`);
  return Object.entries(value).flatMap(([name, given]) => {
    const textOf = (one: unknown): string => {
      if (scalarKinds.has(typeof one)) return String(one);
      throw new RangeError(`"${name}" is ${quoteValue(given)}, which is not a value.`);
    };
    const texts = Array.isArray(given) ? textsOfItems(given.map(textOf)) : [textOf(given)];
    return texts.map((text): ParameterText => [name, text]);
  });
}

/**
 * What bench itself can't know: the folder of the file, and the environment. All else is checked there, but for the objects that may
 * hold secrets, of which no message quotes a value.
 */
function readTargets(value: unknown, file: string): readonly BenchTarget[] {
  return Object.entries(objectIn(value, "It")).map(([name, settings]) =>
    readTarget(name, objectIn(settings, JSON.stringify(name)), file),
  );
}

function readTarget(name: string, given: Readonly<Record<string, unknown>>, file: string): BenchTarget {
  const folder = dirname(file);
  const { headers, env, cwd } = given;
  return {
    ...given,
    ...(headers === undefined ? {} : { headers: textsIn(headers, `${name}.headers`, file) }),
    ...(env === undefined ? {} : { env: textsIn(env, `${name}.env`, file) }),
    cwd: typeof cwd === "string" ? resolve(folder, cwd) : folder,
    name,
  };
}

/** An object of texts, with those of variables in their place. */
function textsIn(value: unknown, place: string, file: string): Readonly<Record<string, string>> {
  const object = objectIn(value, JSON.stringify(place));
  for (const [name, text] of Object.entries(object))
    if (typeof text !== "string")
      throw new RangeError(`${JSON.stringify(`${place}.${name}`)} is ${kindOfValue(text)}; it takes text.`);
  return withEnvironment(object, `bench.targets.${place}`, file) as Readonly<Record<string, string>>;
}

function objectIn(value: unknown, subject: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new RangeError(`${subject} is ${kindOfValue(value)}; it takes an object.`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
