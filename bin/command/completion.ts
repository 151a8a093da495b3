import { Argument, Command } from "commander";
import { completionScript, shells, type Shell } from "../completion-script.ts";
import type { CommandMaker } from "../option.ts";
import { writeTextFile } from "../output.ts";
import { standardOutput } from "../sink.ts";

/** `stream-csv completion SHELL`: prints a script that completes commands, flags and their fixed values. */
export function completionCommand(makers: Readonly<Record<string, CommandMaker>>): Command {
  return new Command("completion")
    .description("Print a script that completes commands, flags and their values in a shell.")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .action(async (shell: Shell, _: unknown, self: Command) => {
      const commands = await Promise.all(Object.values(makers).map((make) => make()));
      const { parent } = self;
      const script = completionScript(shell, parent?.name() ?? "", commands, parent?.options ?? []);
      await writeTextFile(standardOutput, script);
    })
    .addHelpText("after", moreHelp);
}

const moreHelp = `
Examples:
  eval "$(stream-csv completion bash)"        in ~/.bashrc
  eval "$(stream-csv completion zsh)"         in ~/.zshrc
  stream-csv completion fish | source         in ~/.config/fish/config.fish
`;
