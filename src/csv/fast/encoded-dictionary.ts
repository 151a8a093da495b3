import { isFormula } from "../formula.ts";
import { isFragileNumber, textFormula } from "../text-number.ts";
import type { CellFormat } from "./cell-format.ts";
import { finished, writeNull } from "./cell-by-cell.ts";
import { overshootBytes } from "./growing-bytes.ts";
import { columnBuffer } from "./column-buffer.ts";
import { writeBytes, writeText } from "./write-text.ts";

/** Finished cells, one behind the other, each with what ends it. */
export interface EncodedCells {
  readonly source: DataView;
  /** Entry i lies from `starts[i]` to `starts[i + 1]`. */
  readonly starts: Uint32Array;
}

/** A dictionary's entries as finished cells. */
export interface EncodedDictionary extends EncodedCells {
  /** 1 where the dialect changes or rejects an entry, because of what a spreadsheet would make of it. */
  readonly unsafe: Uint8Array;
  readonly hasUnsafe: boolean;
  /** How many entries were encoded. */
  readonly length: number;
  /** 1 where an entry holds a NUL, and the dialect doesn't allow that. */
  readonly nuls: Uint8Array;
  readonly hasNuls: boolean;
}

/**
 * The most formats for which a dictionary is kept encoded. Clients choose the null marker, and a source may live as long as
 * the process, so the oldest format is dropped for a new one.
 */
const mostForms = 8;

/** Dictionaries that sources share between batches are encoded once per dialect, and forgotten with their source. */
const encodedDictionaries = new WeakMap<readonly (string | null)[], Map<string, EncodedDictionary>>();

export function encodedDictionary(
  dictionary: readonly (string | null)[],
  format: CellFormat,
  terminator: Uint8Array,
): EncodedDictionary {
  let byDialect = encodedDictionaries.get(dictionary);
  if (byDialect === undefined) {
    byDialect = new Map();
    encodedDictionaries.set(dictionary, byDialect);
  }
  const key = `${format.key}${terminator.join(" ")}`;
  const encoded = byDialect.get(key) ?? encode(dictionary, format, terminator);
  if (encoded.length !== dictionary.length)
    throw new RangeError(
      `A dictionary had ${encoded.length} entries and now has ${dictionary.length}: it may not change once it was given.`,
    );
  // The last one is the latest in use.
  byDialect.delete(key);
  byDialect.set(key, encoded);
  for (const oldest of byDialect.keys()) {
    if (byDialect.size <= mostForms) break;
    byDialect.delete(oldest);
  }
  return encoded;
}

function encode(
  dictionary: readonly (string | null)[],
  format: CellFormat,
  terminator: Uint8Array,
): EncodedDictionary {
  const unsafe = new Uint8Array(dictionary.length);
  const nuls = new Uint8Array(dictionary.length);
  const cells = encodedCells(dictionary.length, terminator, (index, at) => {
    const entry = dictionary[index] ?? null;
    if (entry === null) return writeNull(at, format);
    nuls[index] = format.refusesNul && entry.includes("\0") ? 1 : 0;
    const safe = safeEntry(entry, format);
    unsafe[index] = safe === entry ? 0 : 1;
    return writeText(safe, at, format, format.quotesText);
  });
  return {
    ...cells,
    unsafe,
    hasUnsafe: unsafe.includes(1),
    length: dictionary.length,
    nuls,
    hasNuls: nuls.includes(1),
  };
}

/** An entry as `guardedText` writes it; one that the dialect rejects isn't known to be in any row yet. */
function safeEntry(entry: string, { guardsFormulas, guardsNumbers }: CellFormat): string {
  if (guardsFormulas && isFormula(entry)) return `'${entry}`;
  return guardsNumbers && isFragileNumber(entry) ? textFormula(entry) : entry;
}

/** The words of each format, by what ends them. All columns of an encoder share its two terminators. */
const encodedWordsOf = new WeakMap<CellFormat, Map<Uint8Array, EncodedCells>>();

/** The words for false and true, and null. */
export function encodedWords(format: CellFormat, terminator: Uint8Array): EncodedCells {
  const byTerminator = encodedWordsOf.get(format) ?? new Map<Uint8Array, EncodedCells>();
  encodedWordsOf.set(format, byTerminator);
  const words = byTerminator.get(terminator) ?? encodeWords(format, terminator);
  byTerminator.set(terminator, words);
  return words;
}

function encodeWords(format: CellFormat, terminator: Uint8Array): EncodedCells {
  const lead = format.quotesAll ? 1 : 0;
  return encodedCells(3, terminator, (index, at) => {
    const word = format.booleans[index];
    if (word === undefined) return writeNull(at, format);
    return finished(writeBytes(word, 0, word.length, at + lead, format.cellBytes), at, format);
  });
}

function encodedCells(
  count: number,
  terminator: Uint8Array,
  write: (index: number, at: number) => number,
): EncodedCells {
  const starts = new Uint32Array(count + 1);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    at = writeBytes(terminator, 0, terminator.length, write(index, at), 0);
    starts[index + 1] = at;
  }
  const bytes = new Uint8Array(at + overshootBytes);
  bytes.set(columnBuffer.bytes.subarray(0, at));
  return { source: new DataView(bytes.buffer), starts };
}
