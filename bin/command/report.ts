import { text } from "node:stream/consumers";
import { Command } from "commander";
import { helpText } from "../help-text.ts";
import { wantsColor } from "../option.ts";
import {
  formatOption,
  outputOption,
  outputsOf,
  requireWritable,
  writeOutputs,
  type ReportFlags,
} from "../output.ts";

const standardInput = "-";

/** `stream-csv report`: renders a result file. */
export function reportCommand(): Command {
  return new Command("report")
    .description("Render a result file of bench in any format.")
    .argument("<result.json>", "a file written by stream-csv bench -o json=FILE, or - for standard input")
    .addOption(formatOption())
    .addOption(outputOption())
    .addHelpText("after", moreHelp)
    .action(async (file: string, _: unknown, self: Command) => {
      await report(file, self.optsWithGlobals<ReportFlags>());
    });
}

const moreHelp = helpText({
  examples: [
    "stream-csv report result.json",
    "stream-csv report result.json -o html=report.html -o junit=report.xml",
    ["stream-csv report - --format markdown < result.json", "from standard input"],
  ],
  docs: "docs/reference/reports.md",
});

async function report(file: string, flags: ReportFlags): Promise<void> {
  const outputs = outputsOf(flags);
  await requireWritable(outputs);
  // Loaded late, because loading takes longer than the checks above, which may fail.
  const { parseResult, readResultFile, renderReport } = await import("../../bench/results.ts");
  const result =
    file === standardInput
      ? parseResult(await text(process.stdin), "standard input")
      : await readResultFile(file);
  const hasColor = wantsColor(flags, process.stdout);
  const look = { hasColor, columns: process.stdout.columns };
  await writeOutputs(outputs, (format) => renderReport(format, result, look));
}
