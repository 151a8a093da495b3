import type { Batch } from "../csv/batch.ts";
import { wrongRange } from "../errors.ts";
import type { ColumnMaker, GeneratedExport } from "./generated/column-kit.ts";
import { numbers } from "./generated/numbers.ts";
import { orders } from "./generated/orders.ts";
import { text } from "./generated/text.ts";
import { wide } from "./generated/wide.ts";
import type { ReadOptions, Source } from "./source.ts";

/** The exports that can be generated, by name. */
const generatedExports = { orders, wide, text, numbers } as const satisfies Record<string, GeneratedExport>;

/** The name of a generated export. */
export type GeneratedExportName = keyof typeof generatedExports;

/** The names of the generated exports, in the order they are listed to people. */
export const generatedExportNames: readonly GeneratedExportName[] = ["orders", "wide", "text", "numbers"];

/** Changes whenever any generated export would have other bytes; part of every generated source's version. */
export const generatorVersion = 1;

/** Which rows of a generated export a source has. */
export interface GeneratedOptions {
  /** 0 to 2^53 − 1. @default 1_000_000 */
  readonly rows?: number;
  /** 0 to 2^53 − 1. @default 1 */
  readonly seed?: number;
}

/**
 * A source whose rows are a pure function of the export, {@link generatorVersion}, seed and row number.
 *
 * A reading makes one batch of about 64 KiB of CSV whenever it is asked for one, and holds nothing between; an abort
 * ends it before the next batch. Nothing needs to be closed.
 * @throws RangeError `SCSV_ARG_RANGE` for an unknown name, and for rows or a seed that aren't whole or out of range
 */
export function generatedSource(name: GeneratedExportName, options: GeneratedOptions = {}): Source {
  const { rows = 1_000_000, seed = 1 } = options;
  const { columns, rowsPerBatch } = exportNamed(name);
  checkCount("rows", rows);
  checkCount("seed", seed);
  return {
    name,
    kind: "generated",
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
    rowCount: rows,
    version: `generator-${generatorVersion}-${name}-${seed}-${rows}`,
    // oxlint-disable-next-line require-await -- an async iterable without anything to wait for
    async *read({ signal, rows: limit = rows, columns: wanted }: ReadOptions) {
      const end = Math.min(rows, limit);
      const makers = makersOf(name, seed, rowsPerBatch, wanted);
      for (let row = 0; row < end; row += rowsPerBatch) {
        signal.throwIfAborted();
        yield makeBatch(makers, row, Math.min(rowsPerBatch, end - row));
      }
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Rows of a generated export from row number `firstRow` on, which counts from 0, wherever and in whatever order they
 * are asked for; `columns` picks columns by their place.
 * @throws RangeError `SCSV_ARG_RANGE` for an unknown name
 */
export function generateBatch(
  name: GeneratedExportName,
  seed: number,
  firstRow: number,
  rowCount: number,
  columns?: readonly number[],
): Batch {
  return makeBatch(makersOf(name, seed, rowCount, columns), firstRow, rowCount);
}

function makersOf(
  name: GeneratedExportName,
  seed: number,
  mostRows: number,
  columns: readonly number[] | undefined,
): readonly ColumnMaker[] {
  const all = exportNamed(name).columns;
  const wanted = columns === undefined ? all : columns.map((place) => columnAt(all, place));
  return wanted.map((column) => column.begin(seed, mostRows));
}

function makeBatch(makers: readonly ColumnMaker[], firstRow: number, rowCount: number): Batch {
  return { rowCount, columns: makers.map((make) => make(firstRow, rowCount)) };
}

function exportNamed(name: string): GeneratedExport {
  if (isGeneratedExportName(name)) return generatedExports[name];
  throw wrongRange(
    `No generated export is called ${JSON.stringify(name)}: choose ${generatedExportNames.join(", ")}.`,
  );
}

/** Whether a text names a generated export. */
export function isGeneratedExportName(name: string): name is GeneratedExportName {
  return Object.hasOwn(generatedExports, name);
}

function columnAt<T>(columns: readonly T[], place: number): T {
  const column = columns[place];
  if (column !== undefined) return column;
  throw wrongRange(`There is no column ${place}: there are ${columns.length}, counted from 0.`);
}

function checkCount(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw wrongRange(`${option} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${value}.`);
}
