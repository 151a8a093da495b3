import type { Batch, ColumnVector } from "../../csv/batch.ts";
import type { ColumnMaker, GeneratedExport } from "./column-kit.ts";

/** Memories of one export that are kept for later. More are in use at once only by consumers that don't release batches. */
const mostKept = 4;

/** Memories that nobody uses, by export; the last to come back is the first to go, so that one serves many readings in turn. */
const kept = new Map<GeneratedExport, BatchMemory[]>();

/** A memory of an export that nobody else has until it is given back. */
export function takeBatchMemory(generated: GeneratedExport): BatchMemory {
  return kept.get(generated)?.pop() ?? new BatchMemory(generated, generated.rowsPerBatch);
}

function giveBack(memory: BatchMemory): void {
  const memories = kept.get(memory.generated) ?? [];
  if (memories.length < mostKept) memories.push(memory);
  kept.set(memory.generated, memories);
}

/** The memory of one batch, for any columns of an export and any seed. */
export class BatchMemory {
  readonly generated: GeneratedExport;
  readonly #mostRows: number;
  readonly #makers: (ColumnMaker | undefined)[] = [];

  constructor(generated: GeneratedExport, mostRows: number) {
    this.generated = generated;
    this.#mostRows = mostRows;
  }

  /** Rows from number `firstRow` on, in the columns of these places; what the memory held before is gone. */
  fill(places: readonly number[], seed: number, firstRow: number, rowCount: number): readonly ColumnVector[] {
    // Not `map`: once V8 compiles it, its arrays are of another kind, and what was compiled for the first kind is thrown away.
    const columns: ColumnVector[] = [];
    for (const place of places) columns.push(this.#maker(place)(seed, firstRow, rowCount));
    return columns;
  }

  #maker(place: number): ColumnMaker {
    const maker = this.#makers[place] ?? this.generated.columns[place]?.begin(this.#mostRows);
    if (maker === undefined) throw new RangeError(`There is no column ${place}.`);
    this.#makers[place] = maker;
    return maker;
  }
}

/** A batch on a memory that goes back, for the next one, when the batch is released. */
export class ReusedBatch implements Batch {
  readonly rowCount: number;
  readonly columns: readonly ColumnVector[];
  #memory: BatchMemory | undefined;

  constructor(memory: BatchMemory, rowCount: number, columns: readonly ColumnVector[]) {
    this.#memory = memory;
    this.rowCount = rowCount;
    this.columns = columns;
  }

  release(): void {
    if (this.#memory === undefined) return;
    giveBack(this.#memory);
    this.#memory = undefined;
  }
}
