import { Command, CommanderError, Option } from "commander";
import { benchCommand } from "./command/bench.ts";
import { compareCommand } from "./command/compare.ts";
import { checkCommand } from "./command/check.ts";
import { useConfiguration } from "./configuration/use-configuration.ts";
import { explain } from "./explain.ts";
import { linkCommand } from "./command/link.ts";
import { tokenCommand } from "./command/token.ts";
import { exportCommand } from "./command/export.ts";
import { toolIdentity } from "./tool-identity.ts";
import type { GlobalFlags } from "./option.ts";
import { reportCommand } from "./command/report.ts";
import { serveCommand } from "./command/serve.ts";
import { watchStandardOutput } from "./standard-output.ts";

const usageError = 1;

/** Runs the program with its arguments, and returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const output = watchStandardOutput();
  const program = makeProgram();
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!output.hasReported(error))
      process.stderr.write(`error: ${explain(error, program.opts<GlobalFlags>().logLevel)}\n`);
    return usageError;
  }
}

function makeProgram(): Command {
  const program = new Command("stream-csv")
    .description("Serve large CSV exports in constant memory, and measure what they cost.")
    .version(toolIdentity().version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help, or that of a command")
    .addOption(
      new Option("--log-level <level>", "least severe messages to log to standard error")
        .choices(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
        .default("info"),
    )
    .option("--no-color", "no colour; NO_COLOR in the environment does the same")
    .option("--no-progress", "no progress bar")
    .option(
      "--config <file>",
      "the configuration of serve, export, check, link and bench (default: stream-csv.yaml of the working directory)",
    )
    .option("--no-config", "use no configuration")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help shows all flags)")
    .exitOverride();
  const commands = [
    serveCommand(),
    benchCommand(),
    compareCommand(),
    reportCommand(),
    exportCommand(),
    checkCommand(),
    tokenCommand(),
    linkCommand(),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  useConfiguration(program);
  program.helpCommand(false).addCommand(helpCommand(program).copyInheritedSettings(program));
  return program;
}

/** `stream-csv help NAME`. Commander's own help command doesn't report an unknown name. */
function helpCommand(program: Command): Command {
  return new Command("help")
    .description("Print this help, or that of a command.")
    .argument("[command]", "name of a command")
    .action((name: string | undefined) => {
      if (name === undefined) program.help();
      const command = program.commands.find((each) => each.name() === name);
      if (command !== undefined) command.help();
      const names = program.commands.map((each) => each.name()).join(", ");
      program.error(`error: "${name}" is not a command. Use one of ${names}.`);
    });
}
