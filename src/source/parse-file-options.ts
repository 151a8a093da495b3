import { wrongRange } from "../errors.ts";
import { fileEncodings, type FileEncoding, type FileOptions } from "./file-options.ts";

/** Options of a file as texts, as flags and configurations have them; what is undefined is left out. */
export interface FileOptionTexts {
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  readonly encoding?: string | undefined;
  readonly nullValue?: string | undefined;
  readonly skipRows?: string | undefined;
  /** False for the first record to be a row. */
  readonly header?: boolean | undefined;
}

/** Characters that are better named than typed. */
const characterNames: Readonly<Record<string, string>> = {
  tab: "\t",
  comma: ",",
  semicolon: ";",
  pipe: "|",
};

/**
 * The options of a file that texts stand for: characters by themselves or by name, `none` for no quotes. What goes together
 * is checked when the file is opened. `nameOf` gives the name by which messages call an option, such as that of its flag.
 * @throws RangeError `SCSV_ARG_RANGE` for a text that stands for nothing
 */
export function parseFileOptions(
  texts: FileOptionTexts,
  nameOf: (option: keyof FileOptions) => string = (option) => option,
): FileOptions {
  const { delimiter, quote, encoding, nullValue, skipRows, header } = texts;
  return {
    ...(delimiter === undefined ? {} : { delimiter: characterOf(delimiter, nameOf("delimiter"), "") }),
    ...(quote === undefined
      ? {}
      : {
          quote:
            quote === "none" ? null : characterOf(quote, nameOf("quote"), ", or none for no quotes at all"),
        }),
    ...(encoding === undefined ? {} : { encoding: encodingOf(encoding, nameOf("encoding")) }),
    ...(nullValue === undefined ? {} : { nullValue }),
    ...(skipRows === undefined ? {} : { skipRows: countOf(skipRows, nameOf("skipRows")) }),
    ...(header === undefined ? {} : { header }),
  };
}

function characterOf(text: string, name: string, further: string): string {
  const character = Object.hasOwn(characterNames, text) ? characterNames[text] : text;
  if (character?.length === 1) return character;
  throw wrongRange(
    `${name} must be one character, or one of the names ${Object.keys(characterNames).join(", ")}${further}, not ${JSON.stringify(text)}.`,
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
