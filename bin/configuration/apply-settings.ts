import { dirname } from "node:path";
import { InvalidArgumentError, type Command, type Option } from "commander";
import { RepeatableOption } from "../option.ts";
import { pathSettings, type PathOrigin } from "./path-settings.ts";
import { messageOf } from "../../src/ground.ts";

/** Settings without a flag. Each has its own function that checks the value and throws a whole sentence. */
export type OwnSettings = Readonly<Record<string, (value: unknown) => unknown>>;

/** A group of settings in a configuration, for messages. */
interface Group {
  readonly name: string;
  readonly file: string;
  /** Whether a name is that of an export of the configuration. */
  readonly isExport: PathOrigin["isExport"];
}

/**
 * Sets the flags of a command from a group of a configuration. The flag's own parser reads each value, and a flag on the command
 * line stays as it is.
 * @throws Error that names the file and the setting, quotes the value, and lists what is allowed
 */
export function applySettings(
  command: Command,
  settings: Readonly<Record<string, unknown>>,
  own: OwnSettings,
  { name: group, file, isExport }: Group,
): void {
  for (const [name, value] of Object.entries(settings)) {
    try {
      applySetting(command, name, { value, origin: { folder: dirname(file), isExport } }, own);
    } catch (cause) {
      const reason = messageOf(cause);
      throw new Error(`"${group}.${name}" in "${file}" can't be used: ${reason}`, { cause });
    }
  }
}

/** The value of a setting, and where its relative paths begin. */
interface Given {
  readonly value: unknown;
  readonly origin: PathOrigin;
}

function applySetting(command: Command, name: string, { value, origin }: Given, own: OwnSettings): void {
  const parseOwn = Object.hasOwn(own, name) ? own[name] : undefined;
  if (parseOwn !== undefined) {
    command.setOptionValueWithSource(name, parseOwn(value), "config");
    return;
  }
  // The schema knows no names but these, of the command or of the program.
  const holder = [command, command.parent].find((candidate) => optionOf(candidate, name) !== undefined);
  const option = optionOf(holder, name);
  if (holder === null || holder === undefined || option === undefined) return;
  if (holder.getOptionValueSource(name) === "cli") return;
  const relocate = Object.hasOwn(pathSettings, name) ? pathSettings[name] : undefined;
  const textOf = (one: unknown): string => relocate?.(String(one), origin) ?? String(one);
  holder.setOptionValueWithSource(name, parseValue(option, value, textOf), "config");
}

function parseValue(option: Option, value: unknown, textOf: (one: unknown) => string): unknown {
  if (typeof value === "boolean") return value;
  if (option instanceof RepeatableOption) {
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    return given.reduce<unknown>((before, one) => parseText(option, textOf(one), before), undefined);
  }
  return parseText(option, textOf(value), undefined);
}

function parseText(option: Option, text: string, before: unknown): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, before);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new Error(error.message, { cause: error });
  }
}

function optionOf(command: Command | null | undefined, name: string): Option | undefined {
  return command?.options.find((option) => option.attributeName() === name);
}
