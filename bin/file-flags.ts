import type { Command } from "commander";
import { fileEncodings, optionsTakenBy, parseFileOptions } from "../src/settings.ts";
import type { FileOptions } from "../src/index.ts";
import type { ServedFile } from "../src/server.ts";
import { choiceOption } from "./option.ts";

/** The flags that say how text files are read. */
export interface FileFlags {
  readonly delimiterIn?: string;
  readonly quoteIn?: string;
  readonly headerIn?: boolean;
  readonly nullIn?: string;
  readonly skipRows?: string;
  readonly encoding?: string;
}

/** The flag of each file option. */
const flagNames: Readonly<Record<keyof FileOptions, string>> = {
  delimiter: "--delimiter-in",
  quote: "--quote-in",
  header: "--no-header-in",
  nullValue: "--null-in",
  skipRows: "--skip-rows",
  encoding: "--encoding",
};

/** Adds to a command the flags that say how text files are read. */
export function addFileFlags(command: Command): Command {
  const { delimiter, quote, header, nullValue, skipRows, encoding } = flagNames;
  return command
    .option(
      `${delimiter} <character>`,
      "delimiter of the CSV files read; also tab, comma, semicolon, pipe (default: detected from the header)",
    )
    .option(
      `${quote} <character>`,
      'quote character of the CSV files read; also double, single, or none (default: ")',
    )
    .option(header, "read the first record of CSV files as a row; columns are named column0, column1, …")
    .option(
      `${nullValue} <text>`,
      "text of an unquoted cell that means null in CSV files (default: an empty cell)",
    )
    .option(`${skipRows} <count>`, "lines to skip above the header of CSV files (default: 0)")
    .addOption(
      choiceOption(
        `${encoding} <name>`,
        "encoding of the CSV and JSON files read (default: utf-8, or as their byte order mark says)",
        fileEncodings,
      ),
    );
}

/**
 * Reads the file options from flags.
 * @throws RangeError that names the flag and quotes the value
 */
export function readFileFlags(flags: FileFlags): FileOptions {
  return parseFileOptions(
    {
      delimiter: flags.delimiterIn,
      quote: flags.quoteIn,
      nullValue: flags.nullIn,
      skipRows: flags.skipRows,
      encoding: flags.encoding,
      // commander gives true if the flag is missing.
      header: flags.headerIn === false ? false : undefined,
    },
    (option) => flagNames[option],
  );
}

/**
 * Refuses an option that none of the files takes.
 * @throws RangeError that names its flag
 */
export function requireTaken(options: FileOptions, paths: readonly string[]): void {
  const unused = optionsGiven(options).find(
    (option) => !paths.some((path) => optionsTakenBy(path).includes(option)),
  );
  if (unused === undefined) return;
  const kinds = unused === "encoding" ? "CSV and JSON" : "CSV";
  throw new RangeError(`${flagNames[unused]} is only for ${kinds} files, and none is given. Leave it out.`);
}

/**
 * Gives each file those of the options that it takes.
 * @throws RangeError that names the flag of an option that none of them takes
 */
export function withFileOptions(files: readonly ServedFile[], options: FileOptions): readonly ServedFile[] {
  requireTaken(
    options,
    files.map(({ path }) => path),
  );
  return files.map((file) => {
    const taken = optionsGiven(options).filter((option) => optionsTakenBy(file.path).includes(option));
    return { ...file, ...Object.fromEntries(taken.map((option) => [option, options[option]])) };
  });
}

function optionsGiven(options: FileOptions): readonly (keyof FileOptions)[] {
  return (Object.keys(options) as (keyof FileOptions)[]).filter((option) => options[option] !== undefined);
}
