import type { Command, Option } from "commander";

/** A command as its completion needs it. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly CompletedFlag[];
  /** What stands in the place of its first argument, beside the names of files; empty where that is free. */
  readonly values: readonly string[];
}

/** A flag as its completion needs it. */
export interface CompletedFlag {
  readonly long: string;
  /** `-o` of `--output`; empty without one. */
  readonly short: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty where the value is free. One that ends in `=` goes on. */
  readonly values: readonly string[];
}

/** Values of flags that the flags themselves don't list, such as names of scenarios, by `--flag` or `command --flag`. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

/** The commands as they are completed, each with the flags of the whole program. */
export function completedCommands(
  commands: readonly Command[],
  globalOptions: readonly Option[],
  known: KnownValues,
): readonly CompletedCommand[] {
  const completed = commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [...command.options, ...globalOptions].flatMap((option) => flagOf(command.name(), option, known)),
    values: command.registeredArguments[0]?.argChoices ?? [],
  }));
  const values = completed.map(({ name }) => name);
  return [...completed, { name: "help", description: "Print the help of a command.", flags: [], values }];
}

function flagOf(command: string, option: Option, known: KnownValues): readonly CompletedFlag[] {
  const { long, short, description, required, optional, argChoices, flags, hidden } = option;
  if (long === undefined || long === null || hidden) return [];
  // Values that the help lists, such as --quoting <minimal|strings|all>.
  const [, listed = ""] = /[<[](\S+(?:\|\S+)+)[>\]]/.exec(flags) ?? [];
  const isListed = listed !== "" && !/[=/]/.test(listed) && listed === listed.toLowerCase();
  const values =
    known[`${command} ${long}`] ?? known[long] ?? argChoices ?? (isListed ? listed.split("|") : []);
  return [{ long, short: short ?? "", description, takesValue: required || optional, values }];
}
