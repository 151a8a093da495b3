import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Option } from "commander";
import type { ReportFormat } from "../bench/results.ts";
import { didYouMean } from "../src/ground.ts";
import { choiceOption, RepeatableOption, type GlobalFlags } from "./option.ts";
import {
  folderFault,
  isClosedPipe,
  isMissing,
  openSink,
  requireName,
  standardOutput,
  targetOf,
  unwritable,
} from "./sink.ts";

/** The use of each format. The compiler checks the names against those that bench can render. */
const formats = {
  text: "tables for a terminal",
  markdown: "for a summary on GitHub, or a merge request",
  html: "one page with charts",
  json: "the result file",
  csv: "every value that was measured",
  junit: "XML for a CI system",
} as const satisfies Readonly<Record<ReportFormat, string>>;

/** Names of the formats, the default one first. */
export const reportFormats = Object.keys(formats) as readonly ReportFormat[];

/** One `--output FORMAT=FILE`. */
export interface Output {
  readonly format: ReportFormat;
  /** `-` is standard output. */
  readonly file: string;
}

/** Flags of a command that writes reports. */
export interface ReportFlags extends GlobalFlags {
  readonly format?: ReportFormat;
  readonly output: readonly Output[];
}

/** `--format`: what goes to standard output. */
export function formatOption(): Option {
  return choiceOption(
    "--format <format>",
    "format for standard output (default: text, or none if --output is given)",
    reportFormats,
  );
}

/** `--output`: what goes into files. */
export function outputOption(): Option {
  const option = new RepeatableOption("-o, --output <format=file>", outputUse, parseOutput).default(
    [],
    "none",
  );
  option.description += `. Formats: ${formatUses}`;
  return option;
}

/** Writes the files that were named. Standard output is used only if requested or if no file was named. */
export function outputsOf({ format, output }: ReportFlags): readonly Output[] {
  if (format === undefined && output.length > 0) return output;
  const shown: Output = { format: format ?? "text", file: standardOutput };
  const twin = output.find(({ file }) => file === standardOutput);
  if (twin !== undefined) {
    throw new Error(
      `Standard output can take one report. Leave out --format ${shown.format} or --output ${twin.format}=-.`,
    );
  }
  return [...output, shown];
}

const outputUse = "write FORMAT to FILE; - is standard output";
const formatUses = Object.entries(formats)
  .map(([name, use]) => `${name} (${use})`)
  .join(", ");

/** Parses one more `FORMAT=FILE`. */
function parseOutput(text: string, before: readonly Output[]): Output {
  const [, name, file] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
  const format = reportFormats.find((known) => known === name);
  if (format === undefined || file === undefined) {
    throw new RangeError(
      `"${text}" is not an output. Write FORMAT=FILE, such as html=report.html; formats are ${reportFormats.join(", ")}.${didYouMean(name ?? "", reportFormats)}`,
    );
  }
  const twin = before.find((output) => resolve(output.file) === resolve(file));
  if (twin !== undefined) {
    const place = file === standardOutput ? "Standard output" : `"${file}"`;
    throw new RangeError(
      `${place} can take one report, but gets ${twin.format} and ${format}. Name a separate file for each.`,
    );
  }
  return { format, file };
}

/**
 * Refuses files that can't be written, before time is spent on making their content.
 * @throws Error that quotes the path and says why
 */
export async function requireWritable(outputs: readonly Pick<Output, "file">[]): Promise<void> {
  for (const { file } of outputs) {
    if (file === standardOutput) continue;
    requireName(file);
    const found = await stat(file).catch((cause: unknown) => {
      if (isMissing(cause)) return undefined;
      throw unwritable(file, cause);
    });
    if (found?.isDirectory() === true) throw unwritable(file, folderFault());
    // A file is replaced by a new one, so its folder must be writable; a device or pipe is written directly.
    const isReplaced = found === undefined || found.isFile();
    const place = isReplaced ? dirname(resolve(await targetOf(file))) : file;
    await access(place, constants.W_OK).catch((cause: unknown) => {
      const reason = isReplaced
        ? `its folder ${place} doesn't exist or isn't writable. Name a file in a folder where this user may create files.`
        : "it isn't writable. Name a file that this user may write.";
      throw new Error(`"${file}" can't be written: ${reason}`, { cause });
    });
  }
}

/**
 * Renders and writes each output: files first, so that they are complete even if nobody reads standard output any
 * more. An output that fails doesn't keep the others from being written.
 * @throws the first error, after all were tried
 */
export async function writeOutputs(
  outputs: readonly Output[],
  render: (format: ReportFormat, file: string) => Promise<string>,
): Promise<void> {
  const faults: unknown[] = [];
  const ordered = outputs.toSorted(
    (left, right) => Number(left.file === standardOutput) - Number(right.file === standardOutput),
  );
  for (const { format, file } of ordered) {
    try {
      await writeTextFile(file, await render(format, file));
    } catch (fault) {
      if (!isClosedPipe(fault)) faults.push(fault);
    }
  }
  if (faults.length > 0) throw faults[0];
}

/**
 * Writes a temporary file in the same folder, and renames it when it is complete.
 * @throws Error that quotes the path and says why
 */
export async function writeTextFile(file: string, text: string): Promise<void> {
  const sink = await openSink(file);
  try {
    await sink.write(Buffer.from(text));
    await sink.finish();
  } catch (fault) {
    await sink.abandon();
    throw fault;
  }
}

/**
 * Prints a text. A reader that closes standard output, as `| head` does, has what it wanted.
 * @throws Error that says why standard output can't be written
 */
export async function printText(text: string): Promise<void> {
  try {
    await writeTextFile(standardOutput, text);
  } catch (fault) {
    if (!isClosedPipe(fault)) throw fault;
  }
}
