/**
 * Rows held column by column: what sources yield and the encoder takes.
 *
 * Typed columns exist so that a writer can be chosen once per column, not once per cell, and so that no string or
 * object need be made for a number, a date or a repeated text. A batch holds until the next one is asked for, the reading
 * ends or it is released: then a source may use its memory again.
 */
export interface Batch {
  readonly rowCount: number;
  /** One vector per column, in the order of the source's columns; each holds at least `rowCount` values. */
  readonly columns: readonly ColumnVector[];
  /**
   * Says that nothing of the batch is read any more, so that it needn't be held until the next one is asked for, which may
   * take a slow client a minute. Only where a source gains by it; calling it again does nothing.
   */
  release?(): void;
}

/** Which rows are null: 1 where the value is null, absent where the column has none. Null rows' values are unspecified. */
export type NullMask = Uint8Array;

/** The values of one column; `kind` tells the writer what they are. */
export type ColumnVector =
  | IntegerVector
  | DecimalVector
  | FloatVector
  | BooleanVector
  | TimestampVector
  | DateVector
  | TextVector
  | Utf8Vector
  | NumberTextVector
  | JsonTextVector
  | DictionaryVector
  | BytesVector
  | MixedVector;

/** Whole numbers. */
export interface IntegerVector {
  readonly kind: "integer";
  readonly values:
    | Int8Array
    | Int16Array
    | Int32Array
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | Float64Array
    | BigInt64Array
    | BigUint64Array
    | readonly bigint[];
  readonly nulls?: NullMask;
}

/** Exact decimals: the value is `unscaled / 10 ** scale`, written with exactly `scale` digits after the point. */
export interface DecimalVector {
  readonly kind: "decimal";
  readonly unscaled: Int16Array | Int32Array | Float64Array | BigInt64Array | readonly bigint[];
  readonly scale: number;
  readonly nulls?: NullMask;
}

/** Binary floating point, written as `String(n)` writes it. */
export interface FloatVector {
  readonly kind: "float";
  readonly values: Float64Array;
  /**
   * Whether its type has 32 bits; the values are then the numbers with the fewest digits that are these once they are rounded.
   * Only PostgreSQL's dialect tells the two apart.
   * @default false
   */
  readonly isSingle?: boolean;
  readonly nulls?: NullMask;
}

/** 0 is false, anything else true. */
export interface BooleanVector {
  readonly kind: "boolean";
  readonly values: Uint8Array;
  readonly nulls?: NullMask;
}

/**
 * Instants, counted in `unit` since 1970-01-01T00:00:00Z.
 * As databases have it, ±(2^63 − 1) in 64 bits, and ±Infinity as a number, are infinitely far; NaN is an invalid date.
 */
export interface TimestampVector {
  readonly kind: "timestamp";
  readonly unit: "ms" | "us" | "ns";
  readonly values: Float64Array | BigInt64Array;
  /** Whether its type knows of time zones; only PostgreSQL's dialect tells the two apart. @default false */
  readonly isZoned?: boolean;
  readonly nulls?: NullMask;
}

/** Days since 1970-01-01; ±(2^31 − 1) are infinitely far. */
export interface DateVector {
  readonly kind: "date";
  readonly values: Int32Array;
  readonly nulls?: NullMask;
}

/** Text, one string a row; null is null. */
export interface TextVector {
  readonly kind: "text";
  readonly values: readonly (string | null)[];
}

/**
 * Text as databases and files keep it, so that no string need be made: row i is `bytes` from `starts[p]` to `ends[p]`,
 * valid UTF-8, and null where `nulls[p]` is 1, with p being `first + i * step`: rows that lie one behind the other in the
 * same arrays needn't be taken apart. Texts may lie in any order, with anything between them, and share bytes.
 */
export interface Utf8Vector {
  readonly kind: "utf8";
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /**
   * False for values of another type that the source has written already: times, intervals, UUIDs, JSON. The formula guard
   * leaves them alone, and `quoting: "strings"` doesn't quote them.
   * @default true
   */
  readonly isText?: boolean;
  readonly nulls?: NullMask;
  /** @default 0 */
  readonly first?: number;
  /** @default 1 */
  readonly step?: number;
  /** Characters, all of ASCII, that none of the texts holds: whoever writes them needn't look for them. @default "" */
  readonly without?: string;
}

/**
 * Numbers that are text already and are written as they are, every digit: integers, decimals, and those with an exponent,
 * as JSON has them (RFC 8259, section 6). They lie as the texts of a {@link Utf8Vector} do. Unlike text they are never guarded,
 * and take the dialect's decimal separator.
 */
export interface NumberTextVector {
  readonly kind: "number-text";
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls?: NullMask;
}

/**
 * Values that are JSON text already (RFC 8259), such as nested ones, and are written as they are. They lie as the texts
 * of a {@link Utf8Vector} do. Like objects, they are quoted where they need it or everything is, and never guarded.
 */
export interface JsonTextVector {
  readonly kind: "json-text";
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls?: NullMask;
}

/**
 * Text that repeats: row i is `dictionary[codes[i]]`. The same dictionary array may serve many batches, and may not change once
 * it was given: its entries are encoded once. A code beyond its end is an error.
 */
export interface DictionaryVector {
  readonly kind: "dictionary";
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  readonly dictionary: readonly (string | null)[];
}

/** Byte strings; null is null. */
export interface BytesVector {
  readonly kind: "bytes";
  readonly values: readonly (Uint8Array | null)[];
}

/**
 * Values of any type, as user code yields them; each is looked at when it is written.
 * Row i's value is `values[first + i * step]`: rows that lie one behind the other in one array needn't be taken apart.
 */
export interface MixedVector {
  readonly kind: "mixed";
  readonly values: readonly unknown[];
  /** @default 0 */
  readonly first?: number;
  /** @default 1 */
  readonly step?: number;
}
