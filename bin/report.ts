import { Command } from "commander";
import { wantsColor } from "./option.ts";
import {
  formatOption,
  outputOption,
  outputsOf,
  requireWritable,
  writeOutputs,
  type ReportFlags,
} from "./output.ts";

/** `stream-csv report`: renders a result file again. */
export function reportCommand(): Command {
  return new Command("report")
    .description("Render a result file of bench again, in any format.")
    .argument("<result.json>", "a file that stream-csv bench -o json=FILE has written")
    .addOption(formatOption())
    .addOption(outputOption())
    .action(async (file: string, _: unknown, self: Command) => {
      await report(file, self.optsWithGlobals<ReportFlags>());
    });
}

async function report(file: string, flags: ReportFlags): Promise<void> {
  const outputs = outputsOf(flags);
  await requireWritable(outputs);
  // Loaded only now: it takes longer than all that can go wrong before.
  const { readResultFile, renderReport } = await import("../bench/internal.ts");
  const result = await readResultFile(file);
  const hasColor = wantsColor(flags, process.stdout);
  const look = { hasColor, columns: process.stdout.columns };
  await writeOutputs(outputs, (format) => renderReport(format, result, look));
}
