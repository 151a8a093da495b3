import { isNeverRow } from "./row-kind.ts";

/** Names under which every object has something that isn't a value of its row, such as `constructor` and `__proto__`. */
const namesOfEveryObject: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/**
 * Reads the requested values of objects.
 *
 * The objects of an export usually have the same keys in the same order, so the first object decides which key belongs to which
 * column. Further objects are read with `for … in`, because the engine then finds values by their position in the object. A
 * lookup by a key that changes with every column would search each time. Only an object with other keys, or in another
 * order, is read by lookups.
 */
export class FieldReader {
  readonly #wanted: readonly string[];
  readonly #mayInherit: boolean;
  /** The first object's keys in order, and the column of each, or −1 if the key is not requested. */
  #keys: readonly string[] | undefined;
  #columns: readonly number[] = [];

  constructor(wanted: readonly string[]) {
    this.#wanted = wanted;
    this.#mayInherit = wanted.some((key) => namesOfEveryObject.has(key));
  }

  /**
   * Writes the requested values of an object into `values`, from position `at` on. Missing values are undefined. Returns
   * false if all are missing, and for bytes and a source.
   */
  read(row: object, values: unknown[], at: number): boolean {
    // Bytes aren't read in order, since their keys are as many as the bytes.
    if (ArrayBuffer.isView(row) || !isRecord(row)) return false;
    if (this.#keys === undefined) {
      if (isNeverRow(row)) return false;
      this.#learn(row);
    }
    return this.#readInOrder(row, values, at) || (!isNeverRow(row) && this.#lookUp(row, values, at));
  }

  #learn(row: Readonly<Record<string, unknown>>): void {
    const keys: string[] = [];
    // oxlint-disable-next-line guard-for-in -- inherited values are values of the row as well
    for (const key in row) keys.push(key);
    // An object may have ten thousand keys, so none is looked for among the others.
    const columns = new Map(this.#wanted.map((key, column) => [key, column] as const));
    const present = new Set(keys);
    const isKnown = columns.size === this.#wanted.length && this.#wanted.every((key) => present.has(key));
    this.#keys = isKnown ? keys : [];
    this.#columns = this.#keys.map((key) => columns.get(key) ?? -1);
  }

  /** Returns false if the object's keys differ from the first object's, or their order does. */
  #readInOrder(row: Readonly<Record<string, unknown>>, values: unknown[], at: number): boolean {
    const keys = this.#keys ?? [];
    const columns = this.#columns;
    let place = 0;
    // oxlint-disable-next-line guard-for-in -- the keys are compared with the first object's
    for (const key in row) {
      if (key !== keys[place]) return false;
      const column = columns[place] ?? -1;
      if (column >= 0) values[at + column] = row[key];
      place += 1;
    }
    return place === keys.length && place > 0;
  }

  #lookUp(row: Readonly<Record<string, unknown>>, values: unknown[], at: number): boolean {
    let isFound = false;
    for (const [column, key] of this.#wanted.entries()) {
      const isMissing = this.#mayInherit && namesOfEveryObject.has(key) && !Object.hasOwn(row, key);
      const value = isMissing ? undefined : row[key];
      values[at + column] = value;
      // A method has no text. A Map has some that columns are called like, such as `values`.
      isFound ||= value !== undefined && typeof value !== "function";
    }
    return isFound;
  }
}

/** Every object can be read by any key. */
function isRecord(row: object): row is Readonly<Record<string, unknown>> {
  return row !== null;
}
