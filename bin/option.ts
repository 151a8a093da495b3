import { InvalidArgumentError, Option, type Command } from "commander";

/** Loads what a command needs, and makes it. */
export type CommandMaker = () => Promise<Command>;

/** Makes commander print a parser's own message after the flag and the value. */
export function flagParser<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
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

/** Whether to use colour on a stream: it is a terminal, without `--no-color` or `NO_COLOR` (no-color.org). */
export function wantsColor(flags: GlobalFlags, stream: { readonly isTTY?: boolean }): boolean {
  const noColor = process.env["NO_COLOR"];
  return flags.color && stream.isTTY === true && (noColor === undefined || noColor === "");
}

/** A flag that can be given several times; its value is the list of parsed values. */
export class RepeatableOption<T> extends Option {
  constructor(flags: string, description: string, parse: (text: string) => T) {
    super(flags, `${description}; can be repeated`);
    const parseOne = flagParser(parse);
    this.argParser((text: string, before: readonly T[] | undefined) => [...(before ?? []), parseOne(text)]);
  }
}
