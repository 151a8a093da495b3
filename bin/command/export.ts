import { setImmediate } from "node:timers/promises";
import { Command } from "commander";
import { helpText } from "../help-text.ts";
import { deliveries, eitherSignal, formatBytes, formatCount, StreamCsvError } from "../../src/ground.ts";
import {
  defaultDialect,
  exportParameters,
  planExport,
  readExportParameters,
  runExport,
  WriteBehind,
  type ExportPlan,
  type ExportProgress,
} from "../../src/internal.ts";
import { addFileFlags } from "../file-flags.ts";
import { compressedSink, compressorFor } from "../compressed-sink.ts";
import { flagName, takesSequences, type GlobalFlags } from "../option.ts";
import { SignalInterruption } from "../signal-interruption.ts";
import { isClosedPipe, openSink, standardOutput, type Sink } from "../sink.ts";
import { guardTerminal } from "../guard-terminal.ts";
import { openNamedExport, requireDeclared, type NamedExportFlags } from "../open-named-export.ts";
import { paramOption, type ParameterText } from "../param-option.ts";
import { visibleLine } from "../visible-text.ts";

interface ExportFlags extends GlobalFlags, NamedExportFlags {
  readonly param?: readonly ParameterText[];
  readonly output: string;
}

/** How long rows are written before signals and the progress bar get a turn. */
const turnMs = 20;

/** The placeholder of boolean parameters. Their flags need no value, and have a `--no-` form. */
const yesOrNo = "true|false";

/** Parameters that make sense only in an HTTP answer. */
const ofHttpOnly: ReadonlySet<string> = new Set(["delivery", "filename"]);

/** `stream-csv export`: writes one export to standard output or to a file. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description("Write one export as CSV to standard output, or to a file.")
    .argument(
      "<name|file>",
      "an export of the configuration, a generated one, or a Parquet, CSV, JSON, DuckDB or SQLite file",
    )
    .addOption(paramOption());
  for (const { name, placeholder, description } of exportParameters) {
    if (ofHttpOnly.has(name)) continue;
    if (placeholder === yesOrNo) {
      command
        .option(`--${flagName(name)} [${placeholder}]`, description)
        .option(`--no-${flagName(name)}`, `the same as --${flagName(name)} false`);
    } else {
      command.option(`--${flagName(name)} <${placeholder.toLowerCase()}>`, description);
    }
  }
  return addFileFlags(command)
    .option("--table <name>", "table to export from a DuckDB or SQLite file that has several")
    .option(
      "-o, --output <file>",
      "file to write, renamed into place when complete, compressed if its name ends in .gz, .br or .zst; - for standard output",
      standardOutput,
    )
    .addHelpText("after", moreHelp)
    .action(async (nameOrPath: string, _: unknown, self: Command) => {
      const flags = self.optsWithGlobals<ExportFlags & Record<string, unknown>>();
      const signalExitCode = await exportOne(nameOrPath, flags);
      // A pending write that nobody reads would keep the program from ending.
      if (signalExitCode !== null) process.exit(signalExitCode);
    });
}

const moreHelp = helpText({
  examples: [
    "stream-csv export orders --rows 1000 --dialect excel -o orders.csv",
    "stream-csv export invoices --param customer=7 --param status=open,paid",
    "stream-csv export flights.parquet --columns carrier,delay --delimiter tab | head",
    "stream-csv export sales.duckdb --table invoice -o invoices.csv.gz",
  ],
  docs: "docs/reference/csv.md",
});

/** @returns the exit code for the signal that ended it; null without one */
async function exportOne(
  nameOrPath: string,
  flags: ExportFlags & Readonly<Record<string, unknown>>,
): Promise<number | null> {
  const texts: readonly ParameterText[] = exportParameters.flatMap(({ name }) => {
    const value = ofHttpOnly.has(name) ? undefined : flags[name];
    return typeof value === "string" || typeof value === "boolean" ? [[name, String(value)] as const] : [];
  });
  const { definition, close } = await openNamedExport(nameOrPath, flags);
  try {
    const plan = inFlags(() => {
      const given = flags.param ?? [];
      requireDeclared(definition, given);
      const parameters = readExportParameters([...texts, ...given], defaultDialect, definition.parameters);
      // What requests may ask for says nothing of this command, which has no deliveries.
      return planExport({ ...definition, deliveries }, parameters);
    });
    return await write(plan, flags);
  } finally {
    await close();
  }
}

/** Messages name a parameter as in a query string; here they must name the flag instead. */
function inFlags<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof StreamCsvError) || error.parameter === undefined) throw error;
    const { code, parameter } = error;
    const isFlag = exportParameters.some(({ name }) => name === parameter);
    const flag = isFlag ? `--${flagName(parameter)}` : `--param ${parameter}`;
    const message = error.message.replace(`Parameter "${parameter}"`, flag);
    throw new StreamCsvError(code, message, { parameter, cause: error });
  }
}

async function write(plan: ExportPlan, flags: ExportFlags): Promise<number | null> {
  const interruption = new SignalInterruption();
  const { signal } = interruption;
  try {
    const makeCompressor = compressorFor(flags.output);
    const sink = await openSink(flags.output, signal);
    const compressed = makeCompressor === undefined ? sink : compressedSink(sink, makeCompressor());
    await writeTo(compressed, plan, flags, signal);
  } catch (error) {
    if (!signal.aborted && !isClosedPipe(error)) throw error;
  } finally {
    interruption.stop();
  }
  return interruption.exitCode;
}

async function writeTo(sink: Sink, plan: ExportPlan, flags: ExportFlags, stop: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const run = runExport(plan, { signal: eitherSignal(stop, failed.signal) });
  const writing = new WriteBehind((error) => failed.abort(error));
  const bar = await startBar(plan, run.progress, flags);
  try {
    let turnEndsMs = performance.now() + turnMs;
    for await (const chunk of run.doubleBuffered) {
      await unlessStopped(
        writing.begin(() => sink.write(chunk)),
        stop,
      );
      // If standard output is a file, writes never wait, so signals and the progress bar would get no turn.
      if (performance.now() > turnEndsMs) {
        await setImmediate();
        turnEndsMs = performance.now() + turnMs;
      }
      stop.throwIfAborted();
    }
    await unlessStopped(writing.finish(), stop);
    stop.throwIfAborted();
    await sink.finish();
  } catch (error) {
    const fault = writing.abandon(error);
    await sink.abandon();
    throw (await unlessStopped(fault, stop)) ?? error;
  } finally {
    bar.stop();
  }
}

/** Waits for what waits for a write, or until the program must stop, because a reader may never come. */
async function unlessStopped<T>(waiting: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  const written = new AbortController();
  const stopped = new Promise<undefined>((resolve) => {
    stop.addEventListener("abort", () => resolve(undefined), { signal: written.signal });
    if (stop.aborted) resolve(undefined);
  });
  try {
    return await Promise.race([waiting, stopped]);
  } finally {
    written.abort();
  }
}

/** Shows a progress bar on standard error, if that is a terminal to which no rows are written. */
async function startBar(
  plan: ExportPlan,
  progress: ExportProgress,
  flags: ExportFlags,
): Promise<{ stop(): void }> {
  const rowsRunOverTerminal = flags.output === standardOutput && process.stdout.isTTY;
  if (!flags.progress || !takesSequences(process.stderr) || rowsRunOverTerminal)
    return { stop: () => undefined };
  const total = plan.expectedRows;
  const counted =
    total === null ? "{rows} rows" : "{bar} {percentage} % · {rows} rows · {eta_formatted} left";
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    format: `{name} ${counted} · {size}`,
    stream: process.stderr,
    hideCursor: true,
    // This program handles signals itself; the bar's handler would end it differently.
    gracefulExit: false,
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  const payload = (): { name: string; rows: string; size: string } => ({
    name: visibleLine(plan.name),
    rows: formatCount(progress.rows),
    size: formatBytes(progress.bytes),
  });
  const giveTerminalBack = guardTerminal((text) => void process.stderr.write(text));
  bar.start(total ?? 0, 0, payload());
  const timer = setInterval(() => bar.update(progress.rows, payload()), 100);
  return {
    stop: () => {
      clearInterval(timer);
      bar.update(progress.rows, payload());
      bar.stop();
      giveTerminalBack();
    },
  };
}
