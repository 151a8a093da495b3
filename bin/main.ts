import { Command, CommanderError, Option } from "commander";
import { StreamCsvError } from "../src/index.ts";
import { benchCommand } from "./bench.ts";
import { compareCommand } from "./compare.ts";
import { exportCommand } from "./export.ts";
import { toolIdentity } from "./identity.ts";
import type { GlobalFlags } from "./option.ts";
import { reportCommand } from "./report.ts";
import { serveCommand } from "./serve.ts";

const usageError = 1;

/** Runs the program with its arguments and tells its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = makeProgram();
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    process.stderr.write(`stream-csv: ${explain(error, program.opts<GlobalFlags>().logLevel)}\n`);
    return usageError;
  }
}

function makeProgram(): Command {
  const program = new Command("stream-csv")
    .description("Serve large CSV exports in constant memory, and measure what they cost.")
    .version(toolIdentity().version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help, or a command's")
    .addOption(
      new Option("--log-level <level>", "how much is logged to standard error")
        .choices(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
        .default("info"),
    )
    .option("--no-color", "no colour, as with NO_COLOR in the environment")
    .option("--no-progress", "no progress bar")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help shows all flags)")
    .exitOverride();
  const commands = [serveCommand(), benchCommand(), compareCommand(), reportCommand(), exportCommand()];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

/** One sentence on what went wrong and one on what to do; the whole trace only for those who debug. */
function explain(error: unknown, logLevel: string): string {
  if (error instanceof StreamCsvError) return `${error.message}\n${error.hint}`;
  if (!(error instanceof Error)) return String(error);
  const isDebugging = logLevel === "debug" || logLevel === "trace";
  return isDebugging ? (error.stack ?? error.message) : error.message;
}
