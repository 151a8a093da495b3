/**
 * Takes the wanted values out of objects.
 *
 * Objects of an export mostly have the same keys in the same order, so the first one tells which of its keys is wanted
 * where. The others are gone through by their own keys: an engine finds the values of a `for … in` by their place in
 * the object, while a lookup by a key that changes from column to column searches for each. An object with other keys, or
 * in another order, has its values looked up.
 */
export class FieldReader {
  readonly #wanted: readonly string[];
  /** The first object's keys, in order, and the column each is wanted in; −1 where it isn't. */
  #keys: readonly string[] | undefined;
  #columns: readonly number[] = [];

  constructor(wanted: readonly string[]) {
    this.#wanted = wanted;
  }

  /** Puts the wanted values of an object into `values`, from place `at` on; undefined where it has none. */
  read(row: object, values: unknown[], at: number): void {
    if (!isRecord(row)) return;
    if (this.#keys === undefined) this.#learn(row);
    if (!this.#readInOrder(row, values, at)) this.#lookUp(row, values, at);
  }

  #learn(row: Readonly<Record<string, unknown>>): void {
    const keys: string[] = [];
    // oxlint-disable-next-line guard-for-in -- inherited values are values of the row as well
    for (const key in row) keys.push(key);
    const isKnown =
      new Set(this.#wanted).size === this.#wanted.length && this.#wanted.every((key) => keys.includes(key));
    this.#keys = isKnown ? keys : [];
    this.#columns = this.#keys.map((key) => this.#wanted.indexOf(key));
  }

  /** False when the object's keys aren't those of the first, in their order. */
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

  #lookUp(row: Readonly<Record<string, unknown>>, values: unknown[], at: number): void {
    for (const [column, key] of this.#wanted.entries()) values[at + column] = row[key];
  }
}

/** Any object can be asked for any key. */
function isRecord(row: object): row is Readonly<Record<string, unknown>> {
  return row !== null;
}
