import { below } from "./cell-hash.ts";
import {
  yesOrNoColumn,
  decimalColumn,
  repeatingColumn,
  integerColumn,
  rowNumberColumn,
  timestampColumn,
  type Fill,
  type GeneratedExport,
} from "./column-kit.ts";
import { customers } from "./customers.ts";

const statuses = ["new", "paid", "shipped", "delivered", "returned"];

const regions =
  "Île-de-France|São Paulo|Østlandet|Łódź|Zürich|Côte d’Azur|Kärnten|Малопольша|Москва|東京都|大阪|서울|القاهرة|Αθήνα|Māori Bay|Şanlıurfa".split(
    "|",
  );

const plainNotes =
  'Leave at the door|Gift wrap, please|Call before delivery|Fragile|2nd floor, left|Contains "special" items|Invoice to follow|Ring twice\nthen wait|Ship with order 17; bill apart|Nicht stürzen!|Deixar na portaria|急ぎでお願いします|Оставить у двери|اتصل قبل التسليم|Merci 🙏|50% off, coupon "SAVE"'.split(
    "|",
  );

const formulaNotes = [
  '=HYPERLINK("https://example.org/?q="&A1,"open")',
  "=1+1",
  "+SUM(A1:A9)",
  "-2+3+cmd",
  "@import",
  "\tindented",
  "＝ＳＵＭ（Ａ１）",
  "-5",
  "+1.5",
];

/** Null in most rows; the rest, from `emptyFrom` on, are empty, formulas and plain notes. */
const notes: readonly (string | null)[] = [null, "", ...formulaNotes, ...plainNotes];

const firstOrder = Date.UTC(2020, 0, 1);
const sixYears = 6 * 365 * 86_400_000;

/** One in eight is a large order. */
const fillQuantity: Fill<Float64Array> = (values, bits, count) => {
  for (let index = 0; index < count; index += 1) {
    const drawn = bits[index] ?? 0;
    values[index] = 1 + ((drawn >>> 3) % (drawn % 8 === 0 ? 250 : 9));
  }
};

/** In cents. One in sixteen is expensive, and one in 32 is a refund. */
const fillPrice: Fill<Float64Array> = (values, bits, count) => {
  for (let index = 0; index < count; index += 1) {
    const drawn = bits[index] ?? 0;
    const cents = drawn % 16 === 0 ? (drawn >>> 9) * 11 : (drawn >>> 9) % 20_000;
    values[index] = (drawn >>> 4) % 32 === 0 ? -cents : cents;
  }
};

const fillNote: Fill<Uint16Array> = (codes, bits, count) => {
  for (let index = 0; index < count; index += 1) codes[index] = noteAt(below(bits[index] ?? 0, 1000));
};

/** Six in ten orders have no note, six in a hundred an empty one, three in a hundred a formula. */
function noteAt(draw: number): number {
  if (draw < 600) return 0;
  if (draw < 660) return 1;
  if (draw < 690) return 2 + (draw % formulaNotes.length);
  return 2 + formulaNotes.length + (draw % plainNotes.length);
}

/** Orders of a shop, with everything that makes CSV hard, and about 110 bytes per row. */
export const orders: GeneratedExport = {
  rowsPerBatch: 576,
  columns: [
    rowNumberColumn("id"),
    repeatingColumn("customer", 11, () => customers().names),
    // The same salt as the customer's: a customer has one address.
    repeatingColumn("email", 11, () => customers().emails),
    integerColumn("quantity", 12, fillQuantity),
    decimalColumn("price", 13, [10, 2], fillPrice),
    yesOrNoColumn("paid", 14, 70),
    timestampColumn("created_at", 15, [firstOrder, sixYears]),
    repeatingColumn("note", 16, notes, fillNote),
    repeatingColumn("status", 17, statuses),
    repeatingColumn("region", 18, regions),
  ],
};
