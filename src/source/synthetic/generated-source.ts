import type { Batch } from "../../csv/batch.ts";
import { wrongRange } from "../../errors.ts";
import type { GeneratedExport } from "./column-kit.ts";
import { numbers } from "./numbers.ts";
import { orders } from "./orders.ts";
import { BatchMemory, ReusedBatch, takeBatchMemory } from "./batch-memory.ts";
import { text } from "./text.ts";
import { wide } from "./wide.ts";
import type { ReadOptions, Source } from "../source.ts";

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

const halvedBatches = 64;

/**
 * A source whose rows are a pure function of the export, {@link generatorVersion}, seed and row number.
 *
 * A reading makes one batch of about 64 KiB of CSV whenever it is asked for one. The batches of the first four megabytes
 * are half as large, because a slow reader holds one of them for a long time. All readings of an export take the memory of
 * their batches from one stock, and return it as soon as a batch is released, so a reading that waits holds nothing. An
 * abort ends a reading before the next batch. Nothing needs to be closed.
 * @throws RangeError `SCSV_ARG_RANGE` for an unknown name, and for rows or a seed that aren't whole or out of range
 */
export function generatedSource(name: GeneratedExportName, options: GeneratedOptions = {}): Source {
  const { rows = 1_000_000, seed = 1 } = options;
  const generated = exportNamed(name);
  const { columns, rowsPerBatch } = generated;
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
      const places = placesOf(generated, wanted);
      let rowCount = 0;
      for (let row = 0; row < end; row += rowCount) {
        signal.throwIfAborted();
        const mostRows = row < halvedBatches * rowsPerBatch ? Math.ceil(rowsPerBatch / 2) : rowsPerBatch;
        rowCount = Math.min(mostRows, end - row);
        const memory = takeBatchMemory(generated);
        const batch = new ReusedBatch(memory, rowCount, memory.fill(places, seed, row, rowCount));
        try {
          yield batch;
        } finally {
          batch.release();
        }
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
  const generated = exportNamed(name);
  const memory = new BatchMemory(generated, rowCount);
  return { rowCount, columns: memory.fill(placesOf(generated, columns), seed, firstRow, rowCount) };
}

/** The places of the wanted columns, each of which there is. */
function placesOf({ columns }: GeneratedExport, wanted: readonly number[] | undefined): readonly number[] {
  if (wanted === undefined) return columns.map((_, place) => place);
  for (const place of wanted)
    if (columns[place] === undefined)
      throw wrongRange(`There is no column ${place}: there are ${columns.length}, counted from 0.`);
  return wanted;
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

function checkCount(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw wrongRange(`${option} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${value}.`);
}
