import { formatCount } from "../../../src/internal.ts";
import type { BenchResult } from "../../result/schema.ts";
import { fitTable } from "../fit-table.ts";
import { quantityText, significant } from "../number-text.ts";
import { bytesPerRowOf, memoryCurves } from "../summary.ts";
import type { Look } from "./look.ts";

/** Rows down, arms across: the peak of the server's memory over its idle memory. */
export function memoryTable(result: BenchResult, { colors, width }: Look): string {
  const curves = memoryCurves(result);
  if (curves.length === 0) return "";
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted(
    (a, b) => a - b,
  );
  const rows = sizes.map((size): readonly string[] => {
    const peaks = curves.map(({ points }) => points.find(({ x }) => x === size)?.y ?? null);
    return [`${formatCount(size)} rows`].concat(peaks.map((peak) => quantityText(peak, "bytes")));
  });
  const bytesPerRow = bytesPerRowOf(result);
  const orders = { flat: "O(1)", grows: "O(n)", unclear: "unclear" } as const;
  rows.push(
    [
      "more for each row",
      ...curves.map(({ growth }) => (growth === null ? "–" : `${significant(growth.slope, 2)} B`)),
    ],
    ["so memory is", ...curves.map(({ growth }) => (growth === null ? "–" : orders[growth.order]))],
  );
  const head = ["peak memory over idle", ...curves.map(({ delivery }) => delivery)].map((text) =>
    colors.bold(text),
  );
  const note =
    bytesPerRow === null ? "" : `\n${colors.dim(`a row has ${significant(bytesPerRow, 3)} bytes`)}`;
  return `${colors.bold("memory against rows")}\n${fitTable({ head, rows }, width)}${note}`;
}
