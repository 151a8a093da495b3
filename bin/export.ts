import { SingleBar } from "cli-progress";
import { Command } from "commander";
import {
  exportParameters,
  formatBytes,
  formatCount,
  openExport,
  planExport,
  readExportParameters,
  runExport,
  type ExportPlan,
  type ExportProgress,
} from "../src/index.ts";
import { flagName, type GlobalFlags } from "./option.ts";
import { isClosedPipe, openSink, standardOutput } from "./sink.ts";

interface ExportFlags extends GlobalFlags {
  readonly output: string;
  readonly table?: string;
}

const interruptedExit = 130;
const terminatedExit = 143;
/** Parameters that belong to an HTTP answer. */
const ofHttpOnly: ReadonlySet<string> = new Set(["delivery", "filename"]);

/** `stream-csv export`: writes one export to standard output or to a file. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description("Write one export as CSV to standard output, or to a file.")
    .argument("<name|file>", "a generated export, or a Parquet, CSV, JSON or DuckDB file");
  for (const { name, description } of exportParameters) {
    if (!ofHttpOnly.has(name))
      command.option(`--${flagName(name)} <${name === "dialect" ? "name" : "value"}>`, description);
  }
  return command
    .option("--table <name>", "table of a DuckDB file that has several")
    .option(
      "-o, --output <file>",
      "file to write, renamed into place when it is whole; - is standard output",
      standardOutput,
    )
    .action(async (nameOrPath: string, _: unknown, self: Command) => {
      process.exitCode = await exportOne(
        nameOrPath,
        self.optsWithGlobals<ExportFlags & Record<string, unknown>>(),
      );
    });
}

async function exportOne(
  nameOrPath: string,
  flags: ExportFlags & Readonly<Record<string, unknown>>,
): Promise<number> {
  const texts = exportParameters.flatMap(({ name }) => {
    const text = ofHttpOnly.has(name) ? undefined : flags[name];
    return typeof text === "string" ? [[name, text] as const] : [];
  });
  const parameters = readExportParameters(texts);
  const { definition, close } = await openExport(
    nameOrPath,
    flags.table === undefined ? {} : { table: flags.table },
  );
  try {
    return await write(planExport(definition, parameters), flags);
  } finally {
    await close();
  }
}

async function write(plan: ExportPlan, flags: ExportFlags): Promise<number> {
  const stop = new AbortController();
  let exitCode = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    exitCode = signal === "SIGINT" ? interruptedExit : terminatedExit;
    stop.abort();
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const sink = await openSink(flags.output);
  const run = runExport(plan, { signal: stop.signal });
  const bar = startBar(plan, run.progress, flags);
  try {
    for await (const chunk of run.chunks) {
      await sink.write(chunk);
      if (stop.signal.aborted) break;
    }
    if (stop.signal.aborted) await sink.abandon();
    else await sink.finish();
  } catch (error) {
    await sink.abandon();
    if (!stop.signal.aborted && !isClosedPipe(error)) throw error;
  } finally {
    bar.stop();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
  return exitCode;
}

/** A progress bar on standard error, where a person watches and no rows run over the same terminal. */
function startBar(plan: ExportPlan, progress: ExportProgress, flags: ExportFlags): { stop(): void } {
  const rowsRunOverTerminal = flags.output === standardOutput && process.stdout.isTTY;
  if (!flags.progress || !process.stderr.isTTY || rowsRunOverTerminal) return { stop: () => undefined };
  const total = plan.expectedRows;
  const counted =
    total === null ? "{rows} rows" : "{bar} {percentage} % · {rows} rows · {eta_formatted} left";
  const bar = new SingleBar({
    format: `${plan.name} ${counted} · {size}`,
    stream: process.stderr,
    hideCursor: true,
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
  });
  const payload = (): { rows: string; size: string } => ({
    rows: formatCount(progress.rows),
    size: formatBytes(progress.bytes),
  });
  bar.start(total ?? 0, 0, payload());
  const timer = setInterval(() => bar.update(progress.rows, payload()), 100);
  return {
    stop: () => {
      clearInterval(timer);
      bar.update(progress.rows, payload());
      bar.stop();
    },
  };
}
