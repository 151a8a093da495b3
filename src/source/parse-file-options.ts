import { characterNames, readCharacter, type CharacterOption } from "../csv/character-names.ts";
import { wrongRange } from "../errors.ts";
import { fileEncodings, type FileEncoding, type FileOptions } from "./file-options.ts";

/** The options of a file as texts, as in flags and configurations. Undefined options are left out. */
export interface FileOptionTexts {
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  readonly encoding?: string | undefined;
  readonly nullValue?: string | undefined;
  readonly skipRows?: string | undefined;
  /** False if the first record is a row. */
  readonly header?: boolean | undefined;
}

/**
 * Parses the options of a file: characters, or their names, and `none` for no quotes. Combinations are checked when the file is
 * opened. `nameOf` returns the name of an option in messages, such as its flag.
 * @throws RangeError `SCSV_ARG_RANGE` for a text that is not a value of its option
 */
export function parseFileOptions(
  texts: FileOptionTexts,
  nameOf: (option: keyof FileOptions) => string = (option) => option,
): FileOptions {
  const { delimiter, quote, encoding, nullValue, skipRows, header } = texts;
  return {
    ...(delimiter === undefined ? {} : { delimiter: characterOf("delimiter", delimiter, nameOf) }),
    ...(quote === undefined
      ? {}
      : {
          quote:
            quote === "none" ? null : characterOf("quote", quote, nameOf, ", or none for no quotes at all"),
        }),
    ...(encoding === undefined ? {} : { encoding: encodingOf(encoding, nameOf("encoding")) }),
    ...(nullValue === undefined ? {} : { nullValue }),
    ...(skipRows === undefined ? {} : { skipRows: countOf(skipRows, nameOf("skipRows")) }),
    ...(header === undefined ? {} : { header }),
  };
}

function characterOf(
  option: CharacterOption,
  text: string,
  nameOf: (option: keyof FileOptions) => string,
  further = "",
): string {
  const character = readCharacter(option, text);
  if (character !== undefined) return character;
  throw wrongRange(
    `${nameOf(option)} must be one character, or one of the names ${characterNames(option)}${further}, not ${JSON.stringify(text)}.`,
  );
}

function encodingOf(text: string, name: string): FileEncoding {
  const encoding = fileEncodings.find((one) => one === text.toLowerCase());
  if (encoding !== undefined) return encoding;
  throw wrongRange(`${name} must be one of ${fileEncodings.join(", ")}, not ${JSON.stringify(text)}.`);
}

function countOf(text: string, name: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw wrongRange(
    `${name} must be a whole number of lines from 0 on, such as 1, not ${JSON.stringify(text)}.`,
  );
}
