import type { Command, Option } from "commander";

/** The shells that scripts are made for. */
export const completionShells = ["bash", "zsh", "fish"] as const;

/** A shell that a script is made for. */
export type CompletionShell = (typeof completionShells)[number];

/** What a script knows of a command. */
interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly CompletedFlag[];
}

/** What a script knows of a flag. */
interface CompletedFlag {
  readonly name: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/**
 * The script that completes commands, flags and their choices in a shell, and file names everywhere else. It asks no program when a
 * key is pressed, and evaluates nothing that was typed.
 */
export function completionScript(shell: CompletionShell, program: Command): string {
  const shared = program.options.map(completedFlag);
  const commands = program.commands.map((command): CompletedCommand => ({
    name: command.name(),
    description: firstSentence(command.description()),
    flags: [...command.options.map(completedFlag), ...shared],
  }));
  return scripts[shell](program.name(), commands);
}

function completedFlag(option: Option): CompletedFlag {
  return {
    name: option.long ?? option.flags,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

function firstSentence(text: string): string {
  return text.split(/[.:;]/)[0] ?? "";
}

const scripts: Readonly<
  Record<CompletionShell, (program: string, commands: readonly CompletedCommand[]) => string>
> = { bash: bashScript, zsh: zshScript, fish: fishScript };

function bashScript(program: string, commands: readonly CompletedCommand[]): string {
  const flagsOf = commands.map(({ name, flags }) => `    ${name}) flags="${words(flags)} --help" ;;`);
  const choices = new Map(
    commands
      .flatMap(({ flags }) => flags.filter((flag) => flag.choices.length > 0))
      .map((flag) => [flag.name, flag]),
  );
  const choicesOf = [...choices.values()].map(
    (flag) =>
      `    ${flag.name}) COMPREPLY=($(compgen -W "${flag.choices.join(" ")}" -- "$current")); return ;;`,
  );
  return `# Completion of ${program} for bash.
_${identifier(program)}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" flags=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${words(commands)}" -- "$current"))
    return
  fi
  case "$previous" in
${choicesOf.join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${flagsOf.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
  esac
}
complete -o default -F _${identifier(program)} ${program}
`;
}

/** zsh runs completions of bash by itself. */
function zshScript(program: string, commands: readonly CompletedCommand[]): string {
  return `autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bashScript(program, commands).replace("for bash.", "for zsh.")}`;
}

function fishScript(program: string, commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, description, flags }) => [
    `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
    ...flags.map((flag) => {
      const value = flag.takesValue
        ? flag.choices.length > 0
          ? ` -x -a ${quoted(flag.choices.join(" "))}`
          : " -r"
        : "";
      return `complete -c ${program} -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -l ${flag.name.slice(2)}${value} -d ${quoted(flag.description)}`;
    }),
  ]);
  return `# Completion of ${program} for fish.\n${lines.join("\n")}\n`;
}

function words(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => name).join(" ");
}

function identifier(program: string): string {
  return program.replaceAll(/\W/g, "_");
}

/** A word for fish, in which a backslash stands before a quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
