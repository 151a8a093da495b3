import Table from "cli-table3";
import { stripVTControlCharacters } from "node:util";

/** A table as text: a line under its head and otherwise only space, the first column to the left and numbers to the right. */
export interface TableText {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that are to stay together, as the index at which each group begins; the first column belongs to all. */
  readonly groups?: readonly number[];
}

const gap = "  ";

/**
 * Lays a table out for a width: whole when it fits; else its groups of columns below each other, and of a group that
 * is still too wide as many columns as go beside the first one.
 */
export function fitTable({ head, rows, groups = [1] }: TableText, width: number): string {
  const widths = head.map((title, index) =>
    Math.max(...[title, ...rows.map((row) => row[index] ?? "")].map(visibleLength)),
  );
  const widthOf = (columns: readonly number[]): number =>
    columns.reduce((total, column) => total + gap.length + (widths[column] ?? 0), widths[0] ?? 0);
  const all = head.map((_, index) => index).slice(1);
  if (widthOf(all) <= width) return plainTable([0, ...all], { head, rows });
  const parts = groups.flatMap((start, index) => {
    const group = all.filter((column) => column >= start && column < (groups[index + 1] ?? head.length));
    return split(group, (columns) => widthOf(columns) <= width);
  });
  return parts.map((part) => plainTable([0, ...part], { head, rows })).join("\n\n");
}

/** Cuts columns into parts that fit; a part has at least one. */
function split(
  columns: readonly number[],
  fits: (columns: readonly number[]) => boolean,
): readonly (readonly number[])[] {
  const parts: number[][] = [];
  for (const column of columns) {
    const last = parts.at(-1);
    if (last === undefined || !fits([...last, column])) parts.push([column]);
    else last.push(column);
  }
  return parts;
}

function plainTable(columns: readonly number[], { head, rows }: TableText): string {
  const none = { top: "", "top-mid": "", "top-left": "", "top-right": "" };
  const bottom = { bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" };
  const sides = { left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: gap };
  const pick = (cells: readonly string[]): string[] => columns.map((column) => cells[column] ?? "");
  const table = new Table({
    head: pick(head),
    chars: { ...none, ...bottom, ...sides },
    colAligns: columns.map((column) => (column === 0 ? "left" : "right")),
    // The library's own colours are off: it would not ask whether this is a terminal.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  // A row without anything in these columns would only be its label.
  table.push(...rows.map(pick).filter((cells) => cells.slice(1).some((cell) => cell !== "")));
  // Cells without a text leave their room behind.
  return table.toString().replaceAll(/ +$/gm, "");
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
