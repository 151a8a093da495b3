import { didYouMean } from "../../src/ground.ts";
import type { BenchConfig } from "./config.ts";
import { withRangeCode } from "./with-range-code.ts";
import { resolveConfig } from "./resolve-config.ts";
import type { RunSettings } from "./settings.ts";

/** The type of a setting, in words. */
type Kind = "text" | "number" | "boolean" | "list of texts" | "list of texts or objects" | "object";

/** Every setting. */
const kinds: Readonly<Record<keyof BenchConfig, Kind>> = {
  exportName: "text",
  sourceFile: "text",
  configuration: "text",
  parameters: "list of texts",
  rows: "number",
  rounds: "number",
  seed: "number",
  scenarios: "list of texts",
  deliveries: "list of texts",
  workers: "number",
  workerModel: "text",
  slots: "number",
  targets: "list of texts or objects",
  targetDefaults: "object",
  integrity: "text",
  control: "text",
  setup: "text",
  observe: "list of texts",
  readers: "number",
  readBytesPerSecond: "number",
  isQuick: "boolean",
  against: "text",
  baseline: "object",
  isFirstBaseline: "boolean",
  budgets: "list of texts",
  isStrict: "boolean",
};
/** Settings for which null means that they were not given. */
const mayBeNull: ReadonlySet<string> = new Set([
  "exportName",
  "sourceFile",
  "configuration",
  "rows",
  "against",
  "baseline",
  "control",
  "setup",
]);

const checks: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  "list of texts": (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  "list of texts or objects": (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string" || checks.object(item)),
  object: (value) => typeof value === "object" && value !== null,
};

/**
 * The settings of a run, from its configuration.
 * @throws TypeError `SCSV_ARG_TYPE` that names the setting and quotes its value, or RangeError `SCSV_ARG_RANGE`
 */
export function readRunSettings(config: BenchConfig, hooks: unknown): RunSettings {
  checkConfig(config);
  checkHooks(hooks);
  return withRangeCode(() => resolveConfig(config));
}

/** A program without types may pass anything. */
function checkConfig(config: unknown): void {
  if (typeof config !== "object" || config === null) throw wrongType("The configuration", config, "object");
  for (const [name, value] of Object.entries(config)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name as keyof BenchConfig] : undefined;
    if (kind === undefined) {
      const known = Object.keys(kinds);
      const message = `"${name}" is not a setting of a run; there are: ${known.join(", ")}.${didYouMean(name, known)}`;
      throw Object.assign(new TypeError(message), { code: "SCSV_ARG_TYPE" });
    }
    if (value === undefined || (value === null && mayBeNull.has(name))) continue;
    if (!checks[kind](value)) throw wrongType(name, value, kind);
  }
  if (!("seed" in config) || config.seed === undefined) throw wrongType("seed", undefined, "number");
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the hooks have what every run needs */
function checkHooks(hooks: unknown): void {
  if (typeof hooks !== "object" || hooks === null) throw wrongType("The second argument", hooks, "object");
  const { cli, tool } = hooks as Readonly<Record<string, unknown>>;
  if (!checks["list of texts"](cli) || (cli as readonly string[]).length === 0)
    throw wrongType("cli", cli, "list of texts");
  if (!checks.object(tool)) throw wrongType("tool", tool, "object");
}

function wrongType(name: string, value: unknown, kind: Kind): TypeError & { readonly code: string } {
  const quoted = typeof value === "string" ? JSON.stringify(value) : String(value);
  const article = kind === "object" ? "an" : "a";
  const message = `${name} is ${quoted}, and must be ${kind === "text" ? "a string" : `${article} ${kind}`}.`;
  return Object.assign(new TypeError(message), { code: "SCSV_ARG_TYPE" });
}
