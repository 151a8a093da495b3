import { Command, Option } from "commander";
import { deliveries } from "../../src/ground.ts";
import { generatedExportNames } from "../../src/internal.ts";
import { dialects } from "../../src/index.ts";
import { completedCommands, type KnownValues } from "../completion/completed-command.ts";
import { completionScript, shells, type Shell } from "../completion/completion-script.ts";
import { configuredExportNames } from "../configuration/configured-export-names.ts";
import { helpText } from "../help-text.ts";
import { choiceArgument, type CommandMaker } from "../option.ts";
import { printText, reportFormats } from "../output.ts";

interface CompletionFlags {
  readonly config?: string | false;
  readonly exports?: boolean;
}

/** `stream-csv completion SHELL`: prints a script that completes commands, flags and their values in a shell. */
export function completionCommand(makers: Readonly<Record<string, CommandMaker>>): Command {
  return new Command("completion")
    .description("Print a script that completes commands, flags and their values in a shell.")
    .addArgument(choiceArgument("<shell>", "the shell", shells))
    .addOption(new Option("--exports", "print the names of exports, for the script").hideHelp())
    .action(async (shell: Shell, _: unknown, self: Command) => {
      const { config, exports } = self.optsWithGlobals<CompletionFlags>();
      const names = async (): Promise<readonly string[]> => [
        ...new Set([...(await configuredExportNames(config)), ...generatedExportNames]),
      ];
      const text =
        exports === true ? `${(await names()).join("\n")}\n` : await scriptOf(shell, self.parent, makers);
      await printText(text);
    })
    .addHelpText("after", moreHelp);
}

async function scriptOf(
  shell: Shell,
  program: Command | null,
  makers: Readonly<Record<string, CommandMaker>>,
): Promise<string> {
  const commands = await Promise.all(Object.values(makers).map((make) => make()));
  const completed = completedCommands(commands, program?.options ?? [], await knownValues());
  return completionScript(shell, program?.name() ?? "", completed);
}

async function knownValues(): Promise<KnownValues> {
  const { scenarios } = await import("../../bench/internal.ts");
  const outputs = reportFormats.map((format) => `${format}=`);
  return {
    "--dialect": Object.keys(dialects),
    "--deliveries": [...deliveries, "none"],
    ...Object.fromEntries(["bench", "compare", "report"].map((name) => [`${name} --output`, outputs])),
    "--scenario": scenarios.map(({ name }) => name),
  };
}

const moreHelp = helpText({
  examples: [
    ['eval "$(stream-csv completion bash)"', "in ~/.bashrc"],
    ['eval "$(stream-csv completion zsh)"', "in ~/.zshrc, below compinit where that is called"],
    ["stream-csv completion fish | source", "in ~/.config/fish/config.fish"],
  ],
  sections: `
Names of exports are those of the configuration in the folder you are in, unless that is a module: completion runs no
program of a folder.
`,
  docs: "README.md",
});
