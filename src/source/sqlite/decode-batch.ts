import type { Batch, ColumnVector } from "../../csv/batch.ts";
import { batchHeadWords, columnHeadWords, storageClasses } from "./protocol.ts";

/** Returns the batch that a reader process sent, as views of its bytes, which begin at a multiple of 8. */
export function decodeBatch(bytes: Uint8Array): Batch {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
  const rowCount = words[0] ?? 0;
  const columns: ColumnVector[] = [];
  for (let place = 0; place < (words[1] ?? 0); place += 1) {
    const word = batchHeadWords + place * columnHeadWords;
    const [classes = 0, tags = 0, slots = 0] = words.subarray(word, word + columnHeadWords);
    columns.push(decodeColumn(bytes, rowCount, classes, tags, slots));
  }
  return { rowCount, columns };
}

function decodeColumn(
  bytes: Uint8Array,
  rows: number,
  classes: number,
  tagsAt: number,
  slots: number,
): ColumnVector {
  const { buffer } = bytes;
  const at = bytes.byteOffset + slots;
  const tags = bytes.subarray(tagsAt, tagsAt + rows);
  const nulls = tagsAt === 0 ? {} : { nulls: tags };
  switch (classes) {
    case storageClasses.integer:
      return { kind: "integer", values: new Float64Array(buffer, at, rows), ...nulls };
    case storageClasses.wideInteger:
      return { kind: "integer", values: new BigInt64Array(buffer, at, rows), ...nulls };
    case storageClasses.real:
      return { kind: "float", values: new Float64Array(buffer, at, rows), ...nulls };
    case storageClasses.text: {
      const starts = new Uint32Array(buffer, at, rows);
      return { kind: "utf8", bytes, starts, ends: new Uint32Array(buffer, at + rows * 4, rows), ...nulls };
    }
    case storageClasses.blob: {
      const ends = new Uint32Array(buffer, at + rows * 4, rows);
      const values = Array.from(new Uint32Array(buffer, at, rows), (start, row) =>
        tagsAt !== 0 && tags[row] === 1 ? null : bytes.subarray(start, ends[row]),
      );
      return { kind: "bytes", values };
    }
    default:
      return { kind: "mixed", values: mixedValues(bytes, rows, tags, at) };
  }
}

/** The values of a column of several storage classes, each as what it is. */
function mixedValues(bytes: Uint8Array, rows: number, tags: Uint8Array, at: number): readonly unknown[] {
  const view = new DataView(bytes.buffer, at, rows * 8);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return Array.from({ length: rows }, (_, row) => {
    const slot = row * 8;
    const part = (): Uint8Array => bytes.subarray(view.getUint32(slot, true), view.getUint32(slot + 4, true));
    switch (tags[row]) {
      case storageClasses.integer:
        return view.getBigInt64(slot, true);
      case storageClasses.real:
        return view.getFloat64(slot, true);
      case storageClasses.text:
        return decoder.decode(part());
      case storageClasses.blob:
        return part();
      case undefined:
      default:
        return null;
    }
  });
}
