import { isFormula } from "../formula.ts";
import type { CellFormat } from "./cell-format.ts";
import { sink } from "./sink.ts";
import { writeBytes, writeText } from "./text.ts";

/** A dictionary's entries as the bytes of finished cells, one behind the other. */
export interface EncodedDictionary {
  readonly bytes: Uint8Array;
  /** Entry i lies from `starts[i]` to `starts[i + 1]`. */
  readonly starts: Uint32Array;
  /** 1 where an entry begins like a formula, and the dialect doesn't allow that. */
  readonly formulas: Uint8Array;
  readonly hasFormulas: boolean;
}

/** Dictionaries that sources share between batches are encoded once per dialect, and forgotten with their source. */
const encodedDictionaries = new WeakMap<readonly (string | null)[], Map<string, EncodedDictionary>>();

export function encodedDictionary(
  dictionary: readonly (string | null)[],
  format: CellFormat,
): EncodedDictionary {
  let byDialect = encodedDictionaries.get(dictionary);
  if (byDialect === undefined) {
    byDialect = new Map();
    encodedDictionaries.set(dictionary, byDialect);
  }
  let encoded = byDialect.get(format.key);
  if (encoded === undefined) {
    encoded = encode(dictionary, format);
    byDialect.set(format.key, encoded);
  }
  return encoded;
}

function encode(dictionary: readonly (string | null)[], format: CellFormat): EncodedDictionary {
  const isGuarded = format.dialect.formulas !== "allow";
  const starts = new Uint32Array(dictionary.length + 1);
  const formulas = new Uint8Array(dictionary.length);
  let at = 0;
  for (const [index, entry] of dictionary.entries()) {
    if (entry === null) {
      at = writeBytes(format.nullBytes, 0, format.nullBytes.length, at, format.slack);
    } else {
      const isUnsafe = isGuarded && isFormula(entry);
      formulas[index] = isUnsafe ? 1 : 0;
      at = writeText(isUnsafe ? `'${entry}` : entry, at, format, format.quotesText);
    }
    starts[index + 1] = at;
  }
  return { bytes: sink.bytes.slice(0, at), starts, formulas, hasFormulas: formulas.includes(1) };
}
