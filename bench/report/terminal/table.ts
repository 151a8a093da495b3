import stringWidth from "string-width";
import { shownCell } from "../shown-cell.ts";
import type { Column, Table } from "../model/table.ts";
import { painterOf, type Look } from "./look.ts";
import { wrap } from "./wrap.ts";

const gap = "  ";

/** A table as lines of text: its caption, the table, and its note. */
export function tableText(table: Table, look: Look): string {
  const { caption, note } = table;
  const { colors, width } = look;
  const parts = splitColumns(table, width).map((columns) => linesOf(table, columns, look));
  const isTooWide = parts.flat().some((line) => stringWidth(line) > width);
  return [
    ...(caption === null ? [] : [colors.bold(caption)]),
    isTooWide ? stackedLines(table, look).join("\n") : parts.map((lines) => lines.join("\n")).join("\n\n"),
    ...(note === undefined ? [] : [colors.dim(wrap(note, width, ""))]),
  ].join("\n");
}

/**
 * Which columns stand side by side: all when they fit; else the groups of columns below each other, and of a group that
 * is still too wide as many columns as go beside the first column, which every part repeats.
 */
function splitColumns(table: Table, width: number): readonly (readonly number[])[] {
  const { columns } = table;
  const widths = columns.map((_, index) => columnWidth(table, index));
  const widthOf = (shown: readonly number[]): number =>
    shown.reduce((total, index) => total + (widths[index] ?? 0), (shown.length - 1) * gap.length);
  const all = columns.map((_, index) => index);
  if (widthOf(all) <= width) return [all];
  const parts: number[][] = [];
  for (const index of all.slice(1)) {
    const last = parts.at(-1);
    const isFull = last === undefined || widthOf([...last, index]) > width;
    if (isFull || columns[index]?.beginsGroup === true) parts.push([0, index]);
    else last.push(index);
  }
  return parts;
}

function linesOf(table: Table, shown: readonly number[], { colors }: Look): readonly string[] {
  const { columns, rows } = table;
  const widths = shown.map((index) => columnWidth(table, index));
  const line = (texts: readonly string[], paint: (text: string, place: number) => string): string =>
    texts
      .map((text, place) => {
        const room = " ".repeat(Math.max(0, (widths[place] ?? 0) - stringWidth(text)));
        const painted = text === "" ? "" : paint(text, place);
        return columns[shown[place] ?? 0]?.align === "left" ? painted + room : room + painted;
      })
      .join(gap)
      .trimEnd();
  const head = shown.map((index) => headText(columns[index]));
  const body = rows.flatMap((row) => {
    const cells = shown.flatMap((index) => row[index] ?? []);
    const texts = cells.map(shownCell);
    // A row with nothing in these columns would only be its name.
    if (texts.slice(1).every((text) => text === "")) return [];
    return [line(texts, (text, place) => painterOf(cells[place]?.tone, colors)(text))];
  });
  return [line(head, colors.bold), ...body];
}

/** For a terminal in which not even two columns fit: the name of each row, and below it a value a line. */
function stackedLines({ columns, rows }: Table, { colors, width }: Look): readonly string[] {
  return rows.flatMap(([name, ...cells]) => {
    const values = cells.flatMap((cell, index) => {
      const text = shownCell(cell);
      if (text === "") return [];
      const lines = wrap(`${headText(columns[index + 1])}: ${text}`, width - gap.length).split("\n");
      return lines.map((line) => gap + painterOf(cell.tone, colors)(line));
    });
    return name === undefined || values.length === 0
      ? []
      : [colors.bold(wrap(shownCell(name), width)), ...values];
  });
}

function columnWidth({ columns, rows }: Table, index: number): number {
  const texts = rows.flatMap((row) => row[index] ?? []).map(shownCell);
  return Math.max(...[headText(columns[index]), ...texts].map((text) => stringWidth(text)));
}

function headText(column: Column | undefined): string {
  const { title = "", footnotes = [] } = column ?? {};
  return footnotes.length === 0 ? title : `${title} ${footnotes.map(superscript).join(",")}`;
}

/** The number of a footnote, as a table's head refers to it. */
export function superscript(footnote: number): string {
  return String(footnote).replaceAll(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? digit);
}
