import { below } from "./cell-hash.ts";
import {
  yesOrNoColumn,
  dateColumn,
  decimalColumn,
  repeatingColumn,
  each,
  floatColumn,
  integerColumn,
  rowNumberColumn,
  timestampColumn,
  type GeneratedColumn,
  type GeneratedExport,
} from "./column-kit.ts";

const words = ["alpha", "beta", "γάμμα", "delta, the fourth", 'the "fifth"', "zeta", "", null, "ω"];
const codes = Array.from({ length: 500 }, (_, number) => `C-${String(number).padStart(4, "0")}`);
const firstInstant = Date.UTC(2015, 0, 1);

/** One of eight types, in turn, named after its type and place; some of them have nulls. */
function columnAt(place: number): GeneratedColumn {
  const salt = 100 + place;
  const number = String(place).padStart(3, "0");
  switch (place % 8) {
    case 0:
      return integerColumn(
        `integer_${number}`,
        salt,
        each((bits) => below(bits, 100_000)),
      );
    case 1:
      return repeatingColumn(`word_${number}`, salt, words);
    case 2:
      return decimalColumn(
        `decimal_${number}`,
        salt,
        [12, 2],
        each((bits) => bits - 2 ** 31),
        10,
      );
    case 3:
      return yesOrNoColumn(`flag_${number}`, salt, 50);
    case 4:
      return floatColumn(
        `float_${number}`,
        salt,
        each((bits) => Math.round(bits / 4096) / 1000),
      );
    case 5:
      return dateColumn(
        `date_${number}`,
        salt,
        each((bits) => 14_600 + below(bits, 5000)),
      );
    case 6:
      return timestampColumn(`timestamp_${number}`, salt, [firstInstant, 2 ** 32 * 60], 4);
    default:
      return repeatingColumn(`code_${number}`, salt, codes);
  }
}

/** Two hundred columns of mixed types: about 1.9 KB a row. */
export const wide: GeneratedExport = {
  rowsPerBatch: 34,
  columns: [rowNumberColumn("id"), ...Array.from({ length: 199 }, (_, index) => columnAt(index + 1))],
};
