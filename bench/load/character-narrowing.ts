/** How characters stand in a body: bytes for each, and which of them is that of an ASCII character. */
interface CharacterLayout {
  readonly width: 2 | 4;
  readonly at: number;
}

/** In the place of a character that isn't ASCII, which means nothing to who counts records. */
const other = 0x3f;

/** UTF-32 comes first, because its mark in little-endian order begins as that of UTF-16. */
const marked: readonly (readonly [mark: Buffer, layout: CharacterLayout])[] = [
  [Buffer.from([0xff, 0xfe, 0, 0]), { width: 4, at: 0 }],
  [Buffer.from([0, 0, 0xfe, 0xff]), { width: 4, at: 3 }],
  [Buffer.from([0xff, 0xfe]), { width: 2, at: 0 }],
  [Buffer.from([0xfe, 0xff]), { width: 2, at: 1 }],
];

/** Without a mark: where the zeros of two ASCII characters stand, which no other encoding has there. */
const unmarked: readonly (readonly [zeros: readonly boolean[], layout: CharacterLayout])[] = [
  [[false, true, false, true], { width: 2, at: 0 }],
  [[true, false, true, false], { width: 2, at: 1 }],
];

/**
 * Finds out by its first bytes whether a body is in UTF-16 or UTF-32.
 * @returns null for every other encoding, where an ASCII character is one byte
 */
export function narrowingOf(opening: Buffer): CharacterNarrowing | null {
  for (const [mark, layout] of marked) {
    if (opening.subarray(0, mark.length).equals(mark)) return new CharacterNarrowing(layout, mark.length);
  }
  const zeros = [...opening.subarray(0, 4)].map((byte) => byte === 0);
  const found = unmarked.find(([wanted]) => wanted.every((isZero, at) => zeros[at] === isZero));
  return found === undefined ? null : new CharacterNarrowing(found[1], 0);
}

/** Makes one byte of each character of UTF-16 or UTF-32, however the body is cut into reads. */
export class CharacterNarrowing {
  readonly #layout: CharacterLayout;
  /** Bytes of the mark that are still to come. */
  #markLeft: number;
  /** Bytes of the character that has begun. */
  #begun = 0;
  #character = 0;
  #isAscii = true;

  constructor(layout: CharacterLayout, markBytes: number) {
    this.#layout = layout;
    this.#markLeft = markBytes;
  }

  /** The characters that end in these bytes. */
  narrowed(bytes: Buffer): Buffer {
    const { width, at } = this.#layout;
    const characters = Buffer.allocUnsafe(Math.ceil(bytes.length / width) + 1);
    let count = 0;
    for (const byte of bytes) {
      if (this.#markLeft > 0) {
        this.#markLeft -= 1;
        continue;
      }
      if (this.#begun === at) this.#character = byte;
      else if (byte !== 0) this.#isAscii = false;
      this.#begun += 1;
      if (this.#begun < width) continue;
      characters[count] = this.#isAscii ? this.#character : other;
      count += 1;
      this.#begun = 0;
      this.#isAscii = true;
    }
    return characters.subarray(0, count);
  }
}
