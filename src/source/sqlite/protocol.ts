import type { SentError } from "../../ipc/sent-error.ts";

/** What a reader process is asked. It does one thing at a time. */
export type ReaderRequest = TablesRequest | QueryRequest | ReadRequest;

/** Describes the tables and views of a file, or the one that is wanted. */
export interface TablesRequest {
  readonly kind: "tables";
  readonly path: string;
  readonly wanted: string | null;
}

/** Describes a query; no row is read. */
export interface QueryRequest {
  readonly kind: "query";
  readonly path: string;
  /** The export's name, for messages. */
  readonly name: string;
  readonly sql: string;
  /** The parameters that are declared. */
  readonly declared: readonly string[];
}

/** Reads the rows of a statement. */
export interface ReadRequest {
  readonly kind: "read";
  readonly path: string;
  /** The source's name, for messages. */
  readonly name: string;
  readonly sql: string;
  /** The table or view that the statement reads whole, or null if it is a query that somebody wrote. */
  readonly table: string | null;
  /** The names of the columns when the statement was described. */
  readonly columns: readonly string[];
  /** The positions of the wanted columns. */
  readonly places: readonly number[];
  /** The most rows, or null for all. */
  readonly rows: number | null;
  readonly values: readonly StatementValue[];
}

/** The value of a parameter, as it is bound. */
export interface StatementValue {
  readonly name: string;
  readonly storage: "integer" | "real" | "text";
  /** Null for NULL. */
  readonly text: string | null;
}

/** A column of a table or query. */
export interface DescribedSqliteColumn {
  readonly name: string;
  /** The declared type, or null for an expression. */
  readonly declared: string | null;
}

/** What a reader process answers: one message to a description; `begun`, batches and `end` to a reading. */
export type ReaderMessage =
  | { readonly kind: "tables"; readonly tables: readonly DescribedTable[] }
  | {
      readonly kind: "query";
      readonly columns: readonly DescribedSqliteColumn[];
      /** The parameters of the statement. */
      readonly parameters: readonly string[];
    }
  /** The snapshot of the reading is taken. */
  | { readonly kind: "begun" }
  | { readonly kind: "end" }
  /** `words` are SQLite's own. */
  | { readonly kind: "failed"; readonly error: SentError; readonly words: string | null };

/** A table or view. */
export interface DescribedTable {
  readonly name: string;
  readonly columns: readonly DescribedSqliteColumn[];
}

/** Every frame begins with the length of its payload and its kind, both as 32-bit little-endian integers. */
export const frameHeadBytes = 8;
export const frameKinds = { message: 1, batch: 2 } as const;

/** The values of a batch's column by storage class. A column with several has the sum, and a tag per row. */
export const storageClasses = { null: 1, integer: 2, real: 4, text: 8, blob: 16, wideInteger: 32 } as const;

/**
 * A batch begins with 32-bit words: the number of rows, the number of columns, and for each column its storage classes and
 * the positions of its tags (0 for none) and of its slots. Positions are in bytes from the start of the batch, and multiples
 * of 8.
 *
 * A column of one class has one slot per row: a 64-bit number for `real` and `integer`, a 64-bit integer for `wideInteger`; for
 * `text` and `blob` there are the starts of all rows and then their ends, in 32 bits each. Its tags are 1 for null and 0
 * otherwise. A column of several classes has 8 bytes per row, which hold a number, a 64-bit integer, or a start and an end;
 * its tags are the classes of the values.
 */
export const batchHeadWords = 2;
export const columnHeadWords = 3;
