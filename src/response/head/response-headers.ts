import { BadHeaderError, wrongType } from "../../errors.ts";
import { describeValue } from "../../body/chunk.ts";
import { checkHeaderName, checkHeaderValue } from "./header-value.ts";
import { splitList } from "./split-list.ts";

/** Gives this module's functions access to the private entries. */
let entriesOf: (headers: ResponseHeaders) => ReadonlyMap<string, readonly [name: string, value: string]>;

/** Headers as an object, or as pairs of name and value. */
export type HeadersInput =
  | Readonly<Record<string, string | number>>
  | Iterable<readonly [name: string, value: string | number]>;

/**
 * The headers of a response: one value for each name. Lookup ignores case; a name is sent in the case last written.
 *
 * Iterates `[name, value]` in the order in which the names were first set; setting one again doesn't move it. Each
 * call refuses a name or value that HTTP doesn't allow. Cookies are stored separately, see `setCookie()`.
 *
 * @example
 * ```js
 * import { HttpResponse } from "stream-csv";
 *
 * const { headers } = new HttpResponse("", { contentType: "text/csv", headers: { "X-Rows": 10 } });
 * headers.set("x-rows", 20);
 * console.log([...headers]);
 * ```
 *
 * ```text
 * [ [ 'x-rows', '20' ], [ 'Content-Type', 'text/csv' ] ]
 * ```
 */
export class ResponseHeaders implements Iterable<[name: string, value: string]> {
  readonly #entries = new Map<string, [name: string, value: string]>();

  static {
    entriesOf = (headers) => headers.#entries;
  }

  /**
   * @throws BadHeaderError `SCSV_BAD_HEADER` for a name or value that HTTP doesn't allow
   * @throws TypeError `SCSV_ARG_TYPE` for an entry that is not a pair of a name and a text or number
   */
  constructor(input?: HeadersInput) {
    if (input === undefined) return;
    for (const [name, value] of readPairs(input)) this.set(name, value);
  }

  get(name: string): string | undefined {
    return this.#entries.get(keyOf(name))?.[1];
  }

  has(name: string): boolean {
    return this.#entries.has(keyOf(name));
  }

  /**
   * Sets the value of a name. Latin-1 is sent unchanged, other text as an encoded word (RFC 2047).
   * @throws BadHeaderError `SCSV_BAD_HEADER` for a name or value that HTTP doesn't allow, and for Set-Cookie
   * @throws TypeError `SCSV_ARG_TYPE` for a value that is neither text nor number
   */
  set(name: string, value: string | number): void {
    const key = checkHeaderName(name).toLowerCase();
    const text = checkHeaderValue(name, value);
    if (key === "set-cookie") {
      throw new BadHeaderError(
        "Set-Cookie needs one line for each cookie, so it can't be set as a header. Use setCookie().",
      );
    }
    this.#entries.set(key, [name, text]);
  }

  /** Sets a value if the name has none yet. */
  setDefault(name: string, value: string | number): void {
    if (!this.has(name)) this.set(name, value);
  }

  /** Removes a name; returns whether it was set. */
  delete(name: string): boolean {
    return this.#entries.delete(keyOf(name));
  }

  get size(): number {
    return this.#entries.size;
  }

  *entries(): Generator<[name: string, value: string], void, undefined> {
    for (const [name, value] of this.#entries.values()) yield [name, value];
  }

  [Symbol.iterator](): Generator<[name: string, value: string], void, undefined> {
    return this.entries();
  }
}

function keyOf(name: unknown): string {
  if (typeof name !== "string") throw wrongType(`A header's name is text, not ${describeValue(name)}.`);
  return name.toLowerCase();
}

/** The pairs that are sent, without copies, by their names in lower case. */
export function headerPairs(
  headers: ResponseHeaders,
): ReadonlyMap<string, readonly [name: string, value: string]> {
  return entriesOf(headers);
}

/** Checks the shape of the input; `set` checks names and values. */
function readPairs(input: HeadersInput): Iterable<readonly [name: string, value: string | number]> {
  if (typeof input !== "object" || input === null)
    throw wrongType(`headers is an object or a list of [name, value] pairs, not ${describeValue(input)}.`);
  if (!(Symbol.iterator in input)) return readRecord(input);
  const pairs = [...input];
  for (const pair of pairs) {
    if (Array.isArray(pair) && pair.length === 2) continue;
    const what = Array.isArray(pair) ? `an array of ${pair.length}` : describeValue(pair);
    throw wrongType(`Each header in a list is a [name, value] pair, not ${what}.`);
  }
  return pairs;
}

/** An object of a class without fields of its own, such as a promise or a date, was passed by mistake. */
function readRecord(
  record: Readonly<Record<string, string | number>>,
): readonly (readonly [string, string | number])[] {
  const pairs = Object.entries(record);
  const prototype: unknown = Object.getPrototypeOf(record);
  // The prototype of a plain object of any realm has none itself.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (pairs.length === 0 && !isPlain)
    throw wrongType(
      `headers is an object or a list of [name, value] pairs, not ${describeValue(record)} without a field.`,
    );
  return pairs;
}

/** Adds a token to a list header, such as Vary, unless the list has it already or is `*`. */
export function addToList(headers: ResponseHeaders, name: string, item: string): void {
  const items = splitList(headers.get(name) ?? "");
  if (items.includes("*") || items.some((entry) => entry.toLowerCase() === item.toLowerCase())) return;
  headers.set(name, [...items, item].join(", "));
}

/** Whether a header with a list of directives, such as Cache-Control, contains that directive. */
export function hasDirective(value: string | undefined, directive: string): boolean {
  return splitList(value ?? "").some((entry) => entry.split("=", 1)[0]?.trim().toLowerCase() === directive);
}
