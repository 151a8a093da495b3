import { dictionaryColumn, rowNumberColumn, textColumn, type GeneratedExport } from "./column-kit.ts";
import { prose } from "./prose.ts";

/** Few columns with kilobytes of running text: about 4 KB a row. */
export const text: GeneratedExport = {
  rowsPerBatch: 16,
  columns: [
    rowNumberColumn("id"),
    textColumn("title", 61, (hash, row) => prose(hash, row, 40)),
    dictionaryColumn("language", 62, ["de", "en", "fr", "ja", "ru", "ar"]),
    textColumn("body", 63, (hash, row) => prose(hash, row, 1600 + hash.below(row, 1600))),
    textColumn("summary", 64, (hash, row) => prose(hash, row, 400 + hash.below(row, 400))),
  ],
};
