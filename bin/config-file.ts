import { readFileSync } from "node:fs";
import { InvalidArgumentError, type Command, type Option } from "commander";
import { array, boolean, number, safeParse, string, union } from "valibot";
import { RepeatableOption, flagName } from "./option.ts";

/** Settings without a flag. Each has its own function that checks the value and throws a whole sentence. */
export type OwnSettings = Readonly<Record<string, (value: unknown) => unknown>>;

const valueSchema = union([string(), number(), boolean(), array(union([string(), number()]))]);

/**
 * Adds `--config FILE` to a command. The file is a JSON object whose keys are the flags in camelCase. The flag's own
 * parser reads each value, and a flag on the command line overrides it.
 * @throws Error that names the file and the setting, quotes the value, and lists what is allowed
 */
export function addConfigFile(command: Command, own: OwnSettings = {}): Command {
  return command
    .option(
      "--config <file>",
      "JSON file with any of these settings, in camelCase; a flag on the command line overrides it",
    )
    .hook("preAction", (self) => {
      const { config } = self.opts<{ readonly config?: string }>();
      if (config !== undefined) applyFile(self, config, own);
    });
}

function applyFile(command: Command, file: string, own: OwnSettings): void {
  for (const [name, value] of Object.entries(readSettings(file))) {
    try {
      applySetting(command, name, value, own);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`The setting "${name}" in "${file}" can't be used: ${reason}`, { cause });
    }
  }
}

function readSettings(file: string): Readonly<Record<string, unknown>> {
  const tell = (what: string, cause: unknown): Error => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new Error(`The configuration "${file}" ${what}: ${reason}`, { cause });
  };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw tell("can't be read", cause);
  }
  let json: unknown;
  try {
    // Windows editors write a byte order mark, which JSON.parse doesn't accept.
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw tell("is not JSON", cause);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Error(`The configuration "${file}" is not a JSON object. Write { "name": value, … }.`);
  }
  return json as Readonly<Record<string, unknown>>;
}

function applySetting(command: Command, name: string, value: unknown, own: OwnSettings): void {
  const parseOwn = Object.hasOwn(own, name) ? own[name] : undefined;
  if (parseOwn !== undefined) {
    command.setOptionValueWithSource(name, parseOwn(value), "config");
    return;
  }
  const holder = [command, command.parent].find((candidate) => optionOf(candidate, name) !== undefined);
  const option = optionOf(holder, name);
  if (holder === null || holder === undefined || option === undefined) {
    throw new Error(`${command.name()} knows only ${knownNames(command, own).join(", ")}.`);
  }
  if (holder.getOptionValueSource(name) === "cli") return;
  holder.setOptionValueWithSource(name, parseValue(option, value), "config");
}

function parseValue(option: Option, value: unknown): unknown {
  const parsed = safeParse(valueSchema, value);
  if (!parsed.success)
    throw new Error(`${JSON.stringify(value)} is not text, a number, true, false or a list.`);
  const given = parsed.output;
  if (option.isBoolean() || option.negate) {
    if (typeof given === "boolean") return given;
    throw new Error(`${JSON.stringify(given)} is not true or false.`);
  }
  if (typeof given === "boolean")
    throw new Error(`--${flagName(option.name())} needs a value, not ${given}.`);
  if (option instanceof RepeatableOption) {
    const texts = Array.isArray(given) ? given : [given];
    return texts.reduce<unknown>((before, text) => parseText(option, String(text), before), undefined);
  }
  if (Array.isArray(given)) throw new Error(`${JSON.stringify(given)} is a list. Use a single value.`);
  return parseText(option, String(given), undefined);
}

function parseText(option: Option, text: string, before: unknown): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, before);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    // Commander names the choices, but doesn't quote the value.
    const quoted = JSON.stringify(text);
    const message = error.message.includes(quoted)
      ? error.message
      : `${quoted} is not one of them. ${error.message}`;
    throw new Error(message, { cause: error });
  }
}

function optionOf(command: Command | null | undefined, name: string): Option | undefined {
  return command?.options.find((option) => option.attributeName() === name && !unfit.has(name));
}

/** Flags that make no sense in a configuration file. */
const unfit: ReadonlySet<string> = new Set(["config", "list", "version"]);

function knownNames(command: Command, own: OwnSettings): readonly string[] {
  const flags = [...command.options, ...(command.parent?.options ?? [])].map((option) =>
    option.attributeName(),
  );
  return [...Object.keys(own), ...flags.filter((name) => !unfit.has(name))];
}
