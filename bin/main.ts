import { Command, CommanderError } from "commander";
import { notAmong } from "../src/ground.ts";
import { useConfiguration } from "./configuration/use-configuration.ts";
import { explain } from "./explain.ts";
import { helpText } from "./help-text.ts";
import { toolIdentity } from "./tool-identity.ts";
import { choiceOption, type CommandMaker, type GlobalFlags } from "./option.ts";
import { usageSentence } from "./usage-sentence.ts";
import { watchStandardOutput } from "./standard-output.ts";

const usageError = 1;

/** The commands, in the order of the help. Each is loaded when it may be needed, so that the program starts quickly. */
const commands = {
  serve: async () => (await import("./command/serve.ts")).serveCommand(),
  bench: async () => (await import("./command/bench.ts")).benchCommand(),
  compare: async () => (await import("./command/compare.ts")).compareCommand(),
  report: async () => (await import("./command/report.ts")).reportCommand(),
  export: async () => (await import("./command/export.ts")).exportCommand(),
  check: async () => (await import("./command/check.ts")).checkCommand(),
  token: async () => (await import("./command/token.ts")).tokenCommand(),
  link: async () => (await import("./command/link.ts")).linkCommand(),
  work: async () => (await import("./command/work.ts")).workCommand(),
  completion: async (): Promise<Command> =>
    (await import("./command/completion.ts")).completionCommand(commands),
} satisfies Record<string, CommandMaker>;

/** Runs the program with its arguments, and returns its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const output = watchStandardOutput();
  const program = makeProgram();
  try {
    await addCommands(program, argv.slice(2));
    await program.parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!output.hasReported(error))
      process.stderr.write(`error: ${explain(error, program.opts<GlobalFlags>().logLevel)}\n`);
    return usageError;
  }
}

/** The program, without its commands. */
export function makeProgram(): Command {
  const program = new Command("stream-csv")
    .description("Serve large CSV exports in constant memory, and measure what they cost.")
    .version(toolIdentity().version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help, or that of a command")
    .addOption(
      choiceOption("--log-level <level>", "least severe messages to log to standard error", [
        "trace",
        "debug",
        "info",
        "warn",
        "error",
        "fatal",
        "silent",
      ]).default("info"),
    )
    .option("--no-color", "no colour; NO_COLOR in the environment does the same")
    .option("--no-progress", "no progress bar")
    .option(
      "--config <file>",
      "the configuration of serve, work, export, check, link and bench (default: stream-csv.yaml of the working directory)",
    )
    .option("--no-config", "use no configuration")
    .addHelpText("after", moreHelp)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(usageSentence(text)) })
    .showHelpAfterError("(--help shows all flags)")
    .exitOverride();
  return program;
}

const moreHelp = helpText({
  examples: [
    ["stream-csv serve flights.parquet", "http://127.0.0.1:8080/exports/flights.csv"],
    "stream-csv export orders --rows 1000 --dialect excel -o orders.csv",
    ["stream-csv bench --quick", "what an export costs: streamed, buffered and from a file"],
  ],
  docs: "README.md and docs/",
});

/** Adds the commands that these arguments may need: only the first one, if it names a command; otherwise all. */
async function addCommands(program: Command, args: readonly string[]): Promise<void> {
  const [first = ""] = args;
  const named = Object.hasOwn(commands, first) ? commands[first as keyof typeof commands] : undefined;
  const isVersion = args.length === 1 && (first === "-V" || first === "--version");
  const needed = named === undefined ? Object.values(commands) : [named];
  for (const load of isVersion ? [] : needed) {
    program.addCommand((await load()).copyInheritedSettings(program));
  }
  useConfiguration(program, commands);
  program.helpCommand(false).addCommand(helpCommand(program).copyInheritedSettings(program));
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
      const names = program.commands.map((each) => each.name());
      program.error(`error: ${notAmong(name, "a command", names)}`);
    });
}
