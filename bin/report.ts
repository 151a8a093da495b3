import { Command, Option } from "commander";
import type { ReportFormat } from "../bench/index.ts";
import { wantsColor, type GlobalFlags } from "./option.ts";
import {
  collectOutput,
  outputHelp,
  reportFormats,
  requireWritable,
  writeOutputs,
  type Output,
} from "./output.ts";
import { standardOutput } from "./sink.ts";

interface ReportFlags extends GlobalFlags {
  readonly format?: ReportFormat;
  readonly output: readonly Output[];
}

/** `stream-csv report`: renders a result file again. */
export function reportCommand(): Command {
  return new Command("report")
    .description("Render a result file of bench again, in any format.")
    .argument("<result.json>", "a file that stream-csv bench -o json=FILE has written")
    .addOption(
      new Option(
        "--format <format>",
        "what to write to standard output (default: text, or nothing when --output is given)",
      ).choices(reportFormats),
    )
    .addOption(
      new Option("-o, --output <format=file>", outputHelp).argParser(collectOutput).default([], "none"),
    )
    .action(async (file: string, _: unknown, self: Command) => {
      await report(file, self.optsWithGlobals<ReportFlags>());
    });
}

async function report(file: string, flags: ReportFlags): Promise<void> {
  const outputs = outputsOf(flags);
  await requireWritable(outputs);
  // Loaded only now: it takes longer than all that can go wrong before.
  const { readResultFile, renderReport } = await import("../bench/index.ts");
  const result = await readResultFile(file);
  const hasColor = wantsColor(flags, process.stdout);
  await writeOutputs(outputs, (format) => renderReport(format, result, { hasColor }));
}

/** Whoever names files gets these; standard output is for whoever asks for it, or for nothing else. */
function outputsOf({ format, output }: ReportFlags): readonly Output[] {
  if (format === undefined && output.length > 0) return output;
  const shown: Output = { format: format ?? "text", file: standardOutput };
  const twin = output.find(({ file }) => file === standardOutput);
  if (twin !== undefined) {
    throw new Error(
      `Standard output can take one report: leave out --format ${shown.format} or --output ${twin.format}=-.`,
    );
  }
  return [...output, shown];
}
