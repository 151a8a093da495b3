import { Argument, InvalidArgumentError, Option, type Command } from "commander";
import { notAmong, parseCount, messageOf } from "../src/ground.ts";

/** Loads what a command needs, and makes it. */
export type CommandMaker = () => Promise<Command>;

/** Makes commander print a parser's own message after the flag and the value. */
export function flagParser<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
}

/** A flag that takes one of a few values: help and completion list them, and one that is mistyped gets a suggestion. */
export function choiceOption(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values).argParser(oneOf(values));
}

/** An argument that takes one of a few values. */
export function choiceArgument(name: string, description: string, values: readonly string[]): Argument {
  return new Argument(name, description).choices(values).argParser(oneOf(values));
}

function oneOf(values: readonly string[]): (text: string) => string {
  return (text) => {
    if (values.includes(text)) return text;
    throw new InvalidArgumentError(notAmong(text, "one of its values", values));
  };
}

/**
 * Makes a parser of counts.
 * @param least the least count allowed
 * @param most the greatest count allowed
 */
export function countFrom(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return flagParser((text) => {
    const count = parseCount(text);
    if (count >= least && count <= most) return count;
    if (count < least) throw new RangeError(`"${text}" is too small. Use ${least} or more.`);
    throw new RangeError(`"${text}" is too large. Use a whole number from ${least} to ${most}.`);
  });
}

/** The parser of a flag whose text is read later. */
export function asIs(text: string): string {
  return text;
}

/** Flags of the whole program, which every command can read. */
export interface GlobalFlags {
  readonly logLevel: string;
  readonly color: boolean;
  readonly progress: boolean;
}

/** `queueTimeout` as a flag: `queue-timeout`. */
export function flagName(camelCase: string): string {
  return camelCase.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Whether a stream is a terminal that acts on escape sequences: those of editors and some CI say that they don't. */
export function takesSequences({ isTTY }: { readonly isTTY?: boolean }): boolean {
  return isTTY === true && process.env["TERM"] !== "dumb";
}

/** Whether to use colour on a stream: it is such a terminal, without `--no-color` or `NO_COLOR` (no-color.org). */
export function wantsColor(flags: GlobalFlags, stream: { readonly isTTY?: boolean }): boolean {
  const noColor = process.env["NO_COLOR"];
  return flags.color && takesSequences(stream) && (noColor === undefined || noColor === "");
}

/** A flag that can be given several times; its value is the list of parsed values. */
export class RepeatableOption<T> extends Option {
  /** @param parse reads one text; it may compare it with what was given before */
  constructor(flags: string, description: string, parse: (text: string, before: readonly T[]) => T) {
    super(flags, `${description}; can be repeated`);
    this.argParser((text: string, given: readonly T[] | undefined) => {
      const before = given ?? [];
      return [...before, flagParser((one) => parse(one, before))(text)];
    });
  }
}
