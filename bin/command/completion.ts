import { Argument, Command } from "commander";
import { completionScript, completionShells, type CompletionShell } from "../completion-script.ts";
import { writeTextFile } from "../output.ts";
import { standardOutput } from "../sink.ts";

/**
 * `stream-csv completion`: prints a script that completes commands and flags in a shell.
 * @param whole makes the program with all its commands
 */
export function completionCommand(whole: () => Promise<Command>): Command {
  return new Command("completion")
    .description("Print a script that completes commands, flags and their values in a shell.")
    .addArgument(new Argument("<shell>", "the shell that runs the script").choices(completionShells))
    .action(async (shell: CompletionShell) => {
      await writeTextFile(standardOutput, completionScript(shell, await whole()));
    })
    .addHelpText("after", moreHelp);
}

const moreHelp = `
Examples:
  source <(stream-csv completion bash)                       # in ~/.bashrc
  source <(stream-csv completion zsh)                        # in ~/.zshrc
  stream-csv completion fish > ~/.config/fish/completions/stream-csv.fish
`;
