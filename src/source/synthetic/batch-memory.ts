import type { Batch, ColumnVector } from "../../csv/batch.ts";
import type { ColumnMaker, GeneratedExport } from "./column-kit.ts";

/** Sheets of one export that are kept for later. More are in use at once only by consumers that don't release batches. */
const mostKept = 4;

/** Sheets that nobody uses, by export; the last to come back is the first to go, so that one serves many readings in turn. */
const kept = new Map<GeneratedExport, Sheet[]>();

/** A sheet of an export that nobody else has until it is given back. */
export function takeSheet(generated: GeneratedExport): Sheet {
  return kept.get(generated)?.pop() ?? new Sheet(generated, generated.rowsPerBatch);
}

function giveBack(sheet: Sheet): void {
  const sheets = kept.get(sheet.generated) ?? [];
  if (sheets.length < mostKept) sheets.push(sheet);
  kept.set(sheet.generated, sheets);
}

/** The memory of one batch, for any columns of an export and any seed. */
export class Sheet {
  readonly generated: GeneratedExport;
  readonly #mostRows: number;
  readonly #makers: (ColumnMaker | undefined)[] = [];

  constructor(generated: GeneratedExport, mostRows: number) {
    this.generated = generated;
    this.#mostRows = mostRows;
  }

  /** Rows from number `firstRow` on, in the columns of these places; what the sheet held before is gone. */
  fill(places: readonly number[], seed: number, firstRow: number, rowCount: number): readonly ColumnVector[] {
    return places.map((place) => this.#maker(place)(seed, firstRow, rowCount));
  }

  #maker(place: number): ColumnMaker {
    const maker = this.#makers[place] ?? this.generated.columns[place]?.begin(this.#mostRows);
    if (maker === undefined) throw new RangeError(`There is no column ${place}.`);
    this.#makers[place] = maker;
    return maker;
  }
}

/** A batch on a sheet that goes back, for the next one, when the batch is released. */
export class SheetBatch implements Batch {
  readonly rowCount: number;
  readonly columns: readonly ColumnVector[];
  #sheet: Sheet | undefined;

  constructor(sheet: Sheet, rowCount: number, columns: readonly ColumnVector[]) {
    this.#sheet = sheet;
    this.rowCount = rowCount;
    this.columns = columns;
  }

  release(): void {
    if (this.#sheet === undefined) return;
    giveBack(this.#sheet);
    this.#sheet = undefined;
  }
}
