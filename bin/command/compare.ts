import { basename } from "node:path";
import { Command } from "commander";
import type { Budget } from "../../bench/results.ts";
import { toolIdentity } from "../tool-identity.ts";
import { helpText } from "../help-text.ts";
import { asIs, RepeatableOption, wantsColor } from "../option.ts";
import {
  formatOption,
  outputOption,
  outputsOf,
  requireWritable,
  writeOutputs,
  type ReportFlags,
} from "../output.ts";

interface CompareFlags extends ReportFlags {
  readonly budget: readonly string[];
  readonly strict?: boolean;
}

/** `stream-csv compare A.json B.json`: shows what changed from one result file to another. */
export function compareCommand(): Command {
  return new Command("compare")
    .description("Compare two result files of bench: what changed from the first to the second.")
    .argument("<before>", "result file of the earlier run, or of the version to compare against")
    .argument("<after>", "result file of the later run")
    .addOption(formatOption())
    .addOption(outputOption())
    .addOption(
      new RepeatableOption(
        "--budget <delivery.metric=percent>",
        "fail when a metric gets worse by more than this percentage",
        asIs,
      ).default([], "none"),
    )
    .option("--strict", "exit with 3 when a budget can't be decided")
    .addHelpText("after", moreHelp)
    .action(async (before: string, after: string, _flags, command: Command) => {
      process.exitCode = await compare(before, after, command.optsWithGlobals<CompareFlags>());
    });
}

const moreHelp = helpText({
  examples: [
    "stream-csv compare before.json after.json",
    "stream-csv compare before.json after.json --budget streaming.cpu_s_per_mib=5%",
    "stream-csv compare before.json after.json --format markdown -o html=compared.html",
  ],
  docs: "docs/guides/ci.md",
});

async function compare(before: string, after: string, flags: CompareFlags): Promise<number> {
  const outputs = outputsOf(flags);
  await requireWritable(outputs);
  const { compareResults, comparisonText, parseBudget, readResultFile, renderReport } =
    await import("../../bench/results.ts");
  const budgets = flags.budget.map((text): Budget => parseBudget(text));
  const { result, view } = compareResults(await readResultFile(before), await readResultFile(after), {
    names: namesOf(before, after),
    budgets,
    isStrict: flags.strict === true,
    tool: toolIdentity(),
    createdAt: new Date().toISOString(),
  });
  const hasColor = wantsColor(flags, process.stdout);
  const look = { hasColor, columns: process.stdout.columns };
  await writeOutputs(outputs, async (format) =>
    format === "text" ? comparisonText(view, look) : await renderReport(format, result),
  );
  return result.exitCode;
}

/** Names the files by their base names, unless both have the same one. */
function namesOf(before: string, after: string): { readonly before: string; readonly after: string } {
  const [first, second] = [basename(before, ".json"), basename(after, ".json")];
  if (first !== second) return { before: first, after: second };
  return before === after ? { before: `${before} (1)`, after: `${after} (2)` } : { before, after };
}
