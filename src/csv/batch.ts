/**
 * Rows held column by column. Sources yield batches, and the encoder takes them.
 *
 * Typed columns let the encoder choose a writer once per column instead of once per cell. They also need no string or
 * object for a number, a date or a repeated text. A batch is valid until the next one is asked for, the reading ends, or
 * the batch is released. After that its source may reuse the memory.
 */
export interface Batch {
  readonly rowCount: number;
  /** One vector per column, in the order of the source's columns; each holds at least `rowCount` values. */
  readonly columns: readonly ColumnVector[];
  /**
   * Says that the consumer is done with the batch. Without this call the source holds the batch until the next one is asked
   * for, which may take a minute with a slow client. Calling it again does nothing.
   */
  release?(): void;
}

/** Which rows are null: 1 for null. Absent if the column has no null. The value of a null row is unspecified. */
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
   * Whether the type has 32 bits. Each value is then the number with the fewest digits that rounds to the 32-bit value. Only
   * the dialect `postgres` makes a difference.
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
 * ±(2^63 − 1) in 64 bits and ±Infinity as a number mean infinity, as in databases. NaN is an invalid date.
 */
export interface TimestampVector {
  readonly kind: "timestamp";
  readonly unit: "ms" | "us" | "ns";
  readonly values: Float64Array | BigInt64Array;
  /** Whether the type has a time zone. Only the dialect `postgres` makes a difference. @default false */
  readonly isZoned?: boolean;
  readonly nulls?: NullMask;
}

/** Days since 1970-01-01; ±(2^31 − 1) mean infinity. */
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
 * Text as bytes, so that no strings are made. Row i is `bytes` from `starts[p]` to `ends[p]`, and null if `nulls[p]` is 1,
 * where p is `first + i * step`. The bytes of each text must be valid UTF-8. `step` lets the fields of whole rows stay in
 * the same arrays. Texts may lie in any order, with anything between them, and share bytes.
 */
export interface Utf8Vector {
  readonly kind: "utf8";
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /**
   * False for values of another type that the source has already turned into text: times, intervals, UUIDs, JSON. The formula
   * guard doesn't change them, and `quoting: "strings"` doesn't quote them.
   * @default true
   */
  readonly isText?: boolean;
  readonly nulls?: NullMask;
  /** @default 0 */
  readonly first?: number;
  /** @default 1 */
  readonly step?: number;
  /** ASCII characters that no text contains, so that the encoder doesn't look for them. @default "" */
  readonly without?: string;
}

/**
 * Numbers that are text already, and are written with every digit: integers, decimals, and numbers with an exponent, in
 * JSON's notation (RFC 8259, section 6). They lie in the arrays as the texts of a {@link Utf8Vector} do. The formula guard
 * doesn't change them, and the dialect's decimal separator applies.
 */
export interface NumberTextVector {
  readonly kind: "number-text";
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls?: NullMask;
}

/**
 * Values that are JSON text already (RFC 8259), such as nested ones, and are written unchanged. They lie in the arrays as
 * the texts of a {@link Utf8Vector} do. They are quoted if needed, and the formula guard doesn't change them.
 */
export interface JsonTextVector {
  readonly kind: "json-text";
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls?: NullMask;
}

/**
 * Text that repeats: row i is `dictionary[codes[i]]`. The same dictionary array may serve many batches. Its entries are
 * encoded once, so it must not change after it was passed. A code beyond its end is an error.
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
 * Values of any type, as user code yields them. The type of each value is checked when the value is written.
 * Row i is `values[first + i * step]`, so that the fields of whole rows can stay in one array.
 */
export interface MixedVector {
  readonly kind: "mixed";
  readonly values: readonly unknown[];
  /** @default 0 */
  readonly first?: number;
  /** @default 1 */
  readonly step?: number;
}
