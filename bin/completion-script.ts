import type { Command, Option } from "commander";

/** The shells that have a completion. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

/** A command as its completion needs it. */
interface Completed {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
}

interface Flag {
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty where the value is free. */
  readonly values: readonly string[];
}

/** The script that completes commands, flags and their fixed values in a shell, made from the commands themselves. */
export function completionScript(
  shell: Shell,
  program: string,
  commands: readonly Command[],
  globalOptions: readonly Option[],
): string {
  const completed = commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [...command.options, ...globalOptions].flatMap(flagOf),
  }));
  if (shell === "fish") return fishScript(program, completed);
  const script = bashScript(program, completed);
  return shell === "bash"
    ? script
    : `autoload -Uz compinit bashcompinit\n(( \${+functions[compdef]} )) || compinit\nbashcompinit\n${script}`;
}

function flagOf({
  long,
  description,
  required,
  optional,
  argChoices,
  flags,
  hidden,
}: Option): readonly Flag[] {
  if (long === undefined || long === null || hidden) return [];
  // Values that the help lists, such as --quoting <minimal|strings|all>.
  const [, listed = ""] = /[<[]([\w-]+(?:\|[\w-]+)+)[>\]]/.exec(flags) ?? [];
  const values = argChoices ?? (listed === "" ? [] : listed.split("|"));
  return [{ long, description, takesValue: required || optional, values }];
}

function bashScript(program: string, commands: readonly Completed[]): string {
  const values = commands.flatMap(({ name, flags }) =>
    flags
      .filter((flag) => flag.takesValue)
      .map((flag) => `    ${quoted(`${name} ${flag.long}`)}) words=${quoted(flag.values.join(" "))} ;;`),
  );
  const flags = commands.map(
    (each) => `    ${quoted(each.name)}) words=${quoted(each.flags.map(({ long }) => long).join(" "))} ;;`,
  );
  const identifier = `_${program.replaceAll(/\W/g, "_")}`;
  return `${identifier}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(commands.map(({ name }) => name).join(" "))} -- "$current"))
    return
  fi
  case "$command $previous" in
${values.join("\n")}
    *)
  case "$current" in -*)
  case "$command" in
${flags.join("\n")}
  esac ;;
  esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F ${identifier} ${program}
`;
}

function fishScript(program: string, commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, description, flags }) => [
    `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(description)}`,
    ...flags.map((flag) => {
      const value =
        flag.values.length > 0 ? ` -x -a ${fishQuoted(flag.values.join(" "))}` : flag.takesValue ? " -r" : "";
      return `complete -c ${program} -n '__fish_seen_subcommand_from ${name}' -l ${flag.long.slice(2)}${value} -d ${fishQuoted(flag.description)}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}

/** A text as one word of bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
