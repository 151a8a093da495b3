import { below } from "./cell-hash.ts";
import {
  decimalColumn,
  each,
  floatColumn,
  integerColumn,
  rowNumberColumn,
  type GeneratedColumn,
  type GeneratedExport,
} from "./column-kit.ts";

/** Twenty numeric columns: integers from one digit to sixteen, decimals of several scales, floats of several sizes. */
export const numbers: GeneratedExport = {
  rowsPerBatch: 300,
  columns: [
    rowNumberColumn("n"),
    ...[1, 2, 3, 4, 6, 8, 9].map((digits) => digitsColumn(digits)),
    integerColumn(
      "signed",
      31,
      each((bits) => bits - 2 ** 31),
    ),
    integerColumn(
      "big",
      32,
      each((bits, row) => bits * 2 ** 20 + (row % 2 ** 20)),
    ),
    ...[1, 2, 3, 4, 6].map((scale) =>
      decimalColumn(
        `decimal_${scale}`,
        40 + scale,
        [10, scale],
        each((bits) => bits - 2 ** 30),
      ),
    ),
    floatColumn(
      "share",
      51,
      each((bits) => bits / 2 ** 32),
    ),
    floatColumn(
      "rounded",
      52,
      each((bits) => Math.round(bits / 1000) / 100),
    ),
    floatColumn(
      "tiny",
      53,
      each((bits) => bits / 2 ** 62),
    ),
    floatColumn(
      "huge",
      54,
      each((bits) => bits * 1e15),
    ),
    floatColumn(
      "centred",
      55,
      each((bits) => bits / 2 ** 20 - 2 ** 11),
    ),
  ],
};

/** Whole numbers of up to `digits` digits. */
function digitsColumn(digits: number): GeneratedColumn {
  return integerColumn(
    `digits_${digits}`,
    20 + digits,
    each((bits) => below(bits, 10 ** digits)),
  );
}
