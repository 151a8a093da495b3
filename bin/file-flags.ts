import { Option, type Command } from "commander";
import { fileEncodings, optionsTakenBy, parseFileOptions } from "../src/internal.ts";
import type { FileOptions } from "../src/index.ts";
import type { ServedFile } from "../src/server.ts";

/** How a text file is read, as flags. */
export interface FileFlags {
  readonly delimiterIn?: string;
  readonly quoteIn?: string;
  readonly headerIn?: boolean;
  readonly nullIn?: string;
  readonly skipRows?: string;
  readonly encoding?: string;
}

/** What each option of a file is called as a flag. */
const flagNames: Readonly<Record<keyof FileOptions, string>> = {
  delimiter: "--delimiter-in",
  quote: "--quote-in",
  header: "--no-header-in",
  nullValue: "--null-in",
  skipRows: "--skip-rows",
  encoding: "--encoding",
};

/** Gives a command the flags that say how text files are read. */
export function addFileFlags(command: Command): Command {
  const { delimiter, quote, header, nullValue, skipRows, encoding } = flagNames;
  return command
    .option(
      `${delimiter} <character>`,
      "what divides the cells of CSV files read, or tab, comma, semicolon, pipe (default: told from the header)",
    )
    .option(`${quote} <character>`, 'what encloses their cells, or none (default: ")')
    .option(header, "their first record is a row; columns are called column0, column1, …")
    .option(
      `${nullValue} <text>`,
      "text of an unquoted cell of theirs that is null (default: the empty cell)",
    )
    .option(`${skipRows} <count>`, "lines above their header that are no part of the table (default: 0)")
    .addOption(
      new Option(
        `${encoding} <name>`,
        "encoding of CSV and JSON files read (default: utf-8, or what their byte order mark says)",
      ).choices(fileEncodings),
    );
}

/**
 * The options that flags stand for.
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
      // commander gives true where the flag is not there.
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
  throw new RangeError(`${flagNames[unused]} is for ${kinds} files, and none is read here: leave it out.`);
}

/**
 * Files with those of the options that each of them takes.
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
