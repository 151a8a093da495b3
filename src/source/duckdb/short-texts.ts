/** DuckDB keeps a text of up to twelve bytes beside its length, in the sixteen bytes each row has. */
export const mostInlineBytes = 12;

const slots = 1024;

/**
 * The texts of up to twelve bytes that a column had lately, found by their bytes: columns of codes and categories,
 * which are most of short text, need no new string and no decoder for a value they had before.
 */
export class ShortTexts {
  readonly #keys = new Uint32Array(4 * slots);
  readonly #texts: (string | undefined)[] = Array.from({ length: slots }, () => undefined);
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** The text of a row, whose sixteen bytes begin at word `4 * row`. */
  at(words: Uint32Array, row: number): string {
    const at = 4 * row;
    const length = words[at] ?? 0;
    const first = words[at + 1] ?? 0;
    const second = words[at + 2] ?? 0;
    const third = words[at + 3] ?? 0;
    const mixed =
      Math.imul(first ^ (second >>> 7) ^ Math.imul(third, 0x85ebca6b), 0x9e3779b1) ^ second ^ length;
    const slot = (mixed ^ (mixed >>> 15)) & (slots - 1);
    const keys = this.#keys;
    const key = 4 * slot;
    const known = this.#texts[slot];
    if (
      known !== undefined &&
      keys[key] === length &&
      keys[key + 1] === first &&
      keys[key + 2] === second &&
      keys[key + 3] === third
    )
      return known;
    const text = this.#decoder.decode(new Uint8Array(words.buffer, words.byteOffset + 4 * at + 4, length));
    keys.set([length, first, second, third], key);
    this.#texts[slot] = text;
    return text;
  }
}
