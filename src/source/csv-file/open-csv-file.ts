import { StreamCsvError, wrongRange } from "../../errors.ts";
import { guardFile } from "../guarded-file.ts";
import type { ReadOptions, Source } from "../source.ts";
import { openByteReader } from "../text-file/open-byte-reader.ts";
import { readLayout } from "./csv-layout.ts";
import { readRows } from "./csv-reading.ts";
import type { CsvSettings } from "./csv-settings.ts";

/**
 * Opens a CSV file and reads its beginning for the columns, which are all text. No file is held open between readings.
 *
 * The rows are in the file's order. All readings read the version that was opened. It is an error if the file has been replaced
 * or is written to during a reading.
 * @throws StreamCsvError `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_UNREADABLE` with the line if there is one
 */
export async function openCsvFile(name: string, settings: CsvSettings): Promise<Source> {
  const file = await guardFile(settings.path);
  const reader = await openByteReader(file, settings);
  try {
    const layout = await readLayout(reader, settings);
    return csvSource(name, settings, layout, file.version);
  } finally {
    await reader.close();
  }
}

function csvSource(
  name: string,
  settings: CsvSettings,
  layout: Awaited<ReturnType<typeof readLayout>>,
  version: string,
): Source {
  const { columns } = layout;
  const stops = new Set<(reason: Error) => void>();
  return {
    name,
    kind: "csv",
    columns: columns.map((column) => ({ name: column, type: "text" })),
    rowCount: null,
    version,
    read({ signal, rows = Number.POSITIVE_INFINITY, columns: places = [...columns.keys()] }: ReadOptions) {
      const unknown = places.find((place) => columns[place] === undefined);
      if (unknown !== undefined)
        throw wrongRange(`There is no column ${unknown}. There are ${columns.length}, counted from 0.`);
      return readRows({
        settings,
        layout,
        version,
        mostRows: rows,
        places,
        signal,
        stops,
      });
    },
    close() {
      const reason = new StreamCsvError(
        "SCSV_CANCELLED",
        `The source ${JSON.stringify(name)} was closed while it was read.`,
      );
      for (const stop of stops) stop(reason);
      return Promise.resolve();
    },
  };
}
