import { batchHeadWords, columnHeadWords, frameHeadBytes, frameKinds, storageClasses } from "../protocol.ts";
import { writeFrameHead } from "./channel.ts";

/** A value as better-sqlite3 gives it. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

/** The largest integer in a column with fractions that is written like one, since a larger float may get an exponent. */
const greatestPlain = 10n ** 15n;
const replacementCharacter = "\uFFFD";

/**
 * Encodes rows into batches of typed columns, as `protocol.ts` describes them. The memory of a batch is used again for the next.
 */
export class BatchEncoder {
  readonly #columns: readonly SqliteValue[][];
  #rowCount = 0;
  #valueBytes = 0;
  #frame = Buffer.allocUnsafeSlow(256 * 1024);
  #bytes = this.#frame.subarray(frameHeadBytes);
  #end = 0;

  constructor(columnCount: number) {
    this.#columns = Array.from({ length: columnCount }, () => []);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** About how many bytes the rows take. */
  get sizeBytes(): number {
    return this.#valueBytes;
  }

  push(row: readonly SqliteValue[]): void {
    const columns = this.#columns;
    for (let place = 0; place < columns.length; place += 1) {
      const value = row[place] ?? null;
      columns[place]?.push(value);
      this.#valueBytes += 8;
      if (typeof value === "string") this.#valueBytes += value.length;
      else if (typeof value === "object" && value !== null) this.#valueBytes += value.byteLength;
    }
    this.#rowCount += 1;
  }

  /** The rows that were pushed since the last batch, which stay until `clear`. */
  valueAt(row: number, place: number): SqliteValue {
    return this.#columns[place]?.[row] ?? null;
  }

  /** Whether a text has U+FFFD, which stands in place of bytes that aren't UTF-8, or is a character of the text itself. */
  get hasReplacement(): boolean {
    return this.#columns.some((column) =>
      column.some((value) => typeof value === "string" && value.includes(replacementCharacter)),
    );
  }

  clear(): void {
    for (const column of this.#columns) column.length = 0;
    this.#rowCount = 0;
    this.#valueBytes = 0;
  }

  /** The rows that were pushed, as a frame that is valid until the next batch. */
  encode(): Uint8Array {
    const columnCount = this.#columns.length;
    this.#end = aligned((batchHeadWords + columnCount * columnHeadWords) * 4);
    this.#reserve(0);
    this.#putWord(0, this.#rowCount);
    this.#putWord(1, columnCount);
    for (const [place, values] of this.#columns.entries()) {
      const word = batchHeadWords + place * columnHeadWords;
      const { classes, tags, slots } = this.#encodeColumn(values);
      this.#putWord(word, classes);
      this.#putWord(word + 1, tags);
      this.#putWord(word + 2, slots);
    }
    const length = aligned(this.#end);
    this.#reserve(8);
    writeFrameHead(this.#frame, length, frameKinds.batch);
    return this.#frame.subarray(0, frameHeadBytes + length);
  }

  #encodeColumn(values: readonly SqliteValue[]): EncodedColumn {
    const classes = classesOf(values);
    const kinds = classes & ~storageClasses.null;
    const tags = (classes & storageClasses.null) === 0 ? 0 : this.#putNulls(values);
    switch (kinds) {
      case 0:
      case storageClasses.real:
      case storageClasses.integer:
      case storageClasses.integer | storageClasses.real:
        return {
          classes: kinds === storageClasses.integer ? kinds : storageClasses.real,
          tags,
          slots: this.#putNumbers(values),
        };
      case storageClasses.wideInteger:
      case storageClasses.wideInteger | storageClasses.integer:
        return { classes: storageClasses.wideInteger, tags, slots: this.#putIntegers(values) };
      case storageClasses.text:
        return { classes: kinds, tags, slots: this.#putTexts(values) };
      case storageClasses.blob:
        return { classes: kinds, tags, slots: this.#putBlobs(values) };
      default:
        return { classes, ...this.#putMixed(values) };
    }
  }

  #putNulls(values: readonly SqliteValue[]): number {
    const start = this.#take(values.length);
    for (const [row, value] of values.entries()) this.#bytes[start + row] = value === null ? 1 : 0;
    return start;
  }

  #putNumbers(values: readonly SqliteValue[]): number {
    const start = this.#take(values.length * 8);
    for (let row = 0, at = start; row < values.length; row += 1, at += 8)
      this.#bytes.writeDoubleLE(Number(values[row] ?? 0), at);
    return start;
  }

  #putIntegers(values: readonly SqliteValue[]): number {
    const start = this.#take(values.length * 8);
    for (let row = 0, at = start; row < values.length; row += 1, at += 8) {
      const value = values[row];
      this.#bytes.writeBigInt64LE(typeof value === "bigint" ? value : 0n, at);
    }
    return start;
  }

  /** All texts are written at once where their bytes are as many as their characters, which is several times as fast. */
  #putTexts(values: readonly SqliteValue[]): number {
    const rows = values.length;
    const slots = this.#take(rows * 8);
    const all = values.join("");
    this.#reserve(all.length * 3);
    const isAscii = this.#bytes.write(all, this.#end, "utf8") === all.length;
    for (let row = 0, at = slots; row < rows; row += 1, at += 4) {
      const value = values[row];
      this.#bytes.writeUInt32LE(this.#end, at);
      if (typeof value === "string")
        this.#end += isAscii ? value.length : this.#bytes.write(value, this.#end, "utf8");
      this.#bytes.writeUInt32LE(this.#end, at + rows * 4);
    }
    return slots;
  }

  #putBlobs(values: readonly SqliteValue[]): number {
    const rows = values.length;
    const slots = this.#take(rows * 8);
    for (let row = 0, at = slots; row < rows; row += 1, at += 4) {
      this.#bytes.writeUInt32LE(this.#end, at);
      this.#putBytes(values[row] ?? null);
      this.#bytes.writeUInt32LE(this.#end, at + rows * 4);
    }
    return slots;
  }

  #putMixed(values: readonly SqliteValue[]): { readonly tags: number; readonly slots: number } {
    const tags = this.#take(values.length);
    const slots = this.#take(values.length * 8);
    for (let row = 0, at = slots; row < values.length; row += 1, at += 8) {
      const value = values[row] ?? null;
      this.#bytes[tags + row] =
        classOf(value) === storageClasses.wideInteger ? storageClasses.integer : classOf(value);
      if (typeof value === "bigint") this.#bytes.writeBigInt64LE(value, at);
      else if (typeof value === "number") this.#bytes.writeDoubleLE(value, at);
      else {
        this.#bytes.writeUInt32LE(this.#end, at);
        this.#putBytes(value);
        this.#bytes.writeUInt32LE(this.#end, at + 4);
      }
    }
    return { tags, slots };
  }

  #putBytes(value: SqliteValue): void {
    if (typeof value === "string") {
      this.#reserve(value.length * 3);
      this.#end += this.#bytes.write(value, this.#end, "utf8");
    } else if (value instanceof Uint8Array) {
      this.#reserve(value.byteLength);
      this.#bytes.set(value, this.#end);
      this.#end += value.byteLength;
    }
  }

  #putWord(word: number, value: number): void {
    this.#bytes.writeUInt32LE(value, word * 4);
  }

  /** Takes bytes for an array, and returns where they begin. */
  #take(bytes: number): number {
    const start = aligned(this.#end);
    this.#end = start;
    this.#reserve(bytes + 8);
    this.#end = start + bytes;
    return start;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes + 8;
    if (needed <= this.#bytes.byteLength) return;
    const frame = Buffer.allocUnsafeSlow(frameHeadBytes + needed * 2);
    this.#frame.copy(frame, 0, 0, frameHeadBytes + this.#end);
    this.#frame = frame;
    this.#bytes = frame.subarray(frameHeadBytes);
  }
}

interface EncodedColumn {
  readonly classes: number;
  readonly tags: number;
  readonly slots: number;
}

/** The storage classes of a column's values. Integers that no float can stand for make an integer column wide, and others mixed. */
function classesOf(values: readonly SqliteValue[]): number {
  let classes = 0;
  let hasLarge = false;
  for (const value of values) {
    classes |= classOf(value);
    hasLarge ||= typeof value === "bigint" && (value >= greatestPlain || value <= -greatestPlain);
  }
  const isNumeric = (classes & storageClasses.integer) !== 0 && (classes & storageClasses.real) !== 0;
  return isNumeric && hasLarge ? classes | storageClasses.wideInteger : classes;
}

function classOf(value: SqliteValue): number {
  if (value === null) return storageClasses.null;
  if (typeof value === "string") return storageClasses.text;
  if (typeof value === "number") return storageClasses.real;
  if (typeof value !== "bigint") return storageClasses.blob;
  return value > greatestSafe || value < -greatestSafe ? storageClasses.wideInteger : storageClasses.integer;
}

const greatestSafe = BigInt(Number.MAX_SAFE_INTEGER);

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
