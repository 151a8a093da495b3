import { below } from "./cell-hash.ts";
import { repeatingColumn, rowNumberColumn, textColumn, type GeneratedExport } from "./column-kit.ts";
import { prose } from "./prose.ts";

/** Few columns with kilobytes of running text: about 4 KB a row. */
export const text: GeneratedExport = {
  rowsPerBatch: 16,
  columns: [
    rowNumberColumn("id"),
    textColumn("title", 61, (bits) => prose(bits, 40)),
    repeatingColumn("language", 62, ["de", "en", "fr", "ja", "ru", "ar"]),
    textColumn("body", 63, (bits) => prose(bits, 1600 + below(bits, 1600))),
    textColumn("summary", 64, (bits) => prose(bits, 400 + below(bits, 400))),
  ],
};
