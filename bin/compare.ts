import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { object, parse, string } from "valibot";
import type { Budget } from "../bench/index.ts";
import { StreamCsvError } from "../src/index.ts";
import { wantsColor, type GlobalFlags } from "./option.ts";

const formats = ["text", "json"] as const;
type Format = (typeof formats)[number];

interface CompareFlags extends GlobalFlags {
  readonly format: Format;
  readonly output: readonly OutputFile[];
  readonly budget: readonly string[];
  readonly strict?: boolean;
}

/** One `--output FORMAT=FILE`. */
interface OutputFile {
  readonly format: Format;
  /** `-` is standard output. */
  readonly file: string;
}

/** `stream-csv compare A.json B.json`: what changed from one result file to another. */
export function compareCommand(): Command {
  return new Command("compare")
    .description("Compare two result files of bench: what changed from the first to the second.")
    .argument("<before>", "result file of the earlier run, or of the version to compare with")
    .argument("<after>", "result file of the later run")
    .addOption(new Option("--format <format>", "what to print").choices(formats).default("text"))
    .addOption(
      new Option(
        "-o, --output <format=file>",
        "also write the comparison; - is standard output; can be repeated",
      )
        .argParser(outputFile)
        .default([], "none"),
    )
    .addOption(
      new Option(
        "--budget <delivery.metric=percent>",
        "fail when a metric became worse by more than that; can be repeated",
      )
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], "none"),
    )
    .option("--strict", "exit with 3 when a budget can't be decided")
    .action(async (before: string, after: string, _flags, command: Command) => {
      process.exitCode = await compare(before, after, command.optsWithGlobals<CompareFlags>());
    });
}

async function compare(before: string, after: string, flags: CompareFlags): Promise<number> {
  const { compareResults, comparisonText, parseBudget, parseResult } = await import("../bench/index.ts");
  try {
    const budgets = flags.budget.map((text): Budget => parseBudget(text));
    const { result, view } = compareResults(
      parseResult(await textOf(before), before),
      parseResult(await textOf(after), after),
      {
        names: namesOf(before, after),
        budgets,
        isStrict: flags.strict === true,
        tool: toolIdentity(),
        createdAt: new Date().toISOString(),
      },
    );
    const render: Readonly<Record<Format, (hasColor: boolean) => string>> = {
      text: (hasColor) => comparisonText(view, { hasColor }),
      json: () => `${JSON.stringify(result, null, 2)}\n`,
    };
    for (const { format, file } of flags.output) {
      if (file !== "-") await writeFile(file, render[format](false));
    }
    const printed = flags.output.find(({ file }) => file === "-")?.format ?? flags.format;
    process.stdout.write(render[printed](wantsColor(flags, process.stdout)));
    return result.exitCode;
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
    process.stderr.write(`error: ${fault.message}\n`);
    return 1;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new StreamCsvError("SCSV_BAD_RESULT", `"${file}" can't be read: ${reasonOf(cause)}.`, {
      cause,
      hint: "Name two files that were written with: stream-csv bench -o json=FILE",
    });
  }
}

function reasonOf(cause: unknown): string {
  if (typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ENOENT") {
    return "it doesn't exist";
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** Files are called by their names, unless both have the same. */
function namesOf(before: string, after: string): { readonly before: string; readonly after: string } {
  const [first, second] = [basename(before, ".json"), basename(after, ".json")];
  if (first !== second) return { before: first, after: second };
  return before === after ? { before: `${before} (1)`, after: `${after} (2)` } : { before, after };
}

function outputFile(text: string, before: readonly OutputFile[]): readonly OutputFile[] {
  const [, name, file] = /^([^=]*)=(.+)$/.exec(text) ?? [];
  const format = formats.find((known) => known === name);
  if (format === undefined || file === undefined) {
    throw new InvalidArgumentError(
      `"${text}" is no output: write FORMAT=FILE with one of the formats ${formats.join(", ")}, where - is standard output.`,
    );
  }
  return [...before, { format, file }];
}

function toolIdentity(): { name: string; version: string } {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return parse(object({ name: string(), version: string() }), JSON.parse(text));
}
