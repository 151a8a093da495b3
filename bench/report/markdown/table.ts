import { shownCell } from "../shown-cell.ts";
import type { Column, Table } from "../model/table.ts";
import { escapeHtml, escapeMarkdown } from "./escape.ts";

/** A table with its caption and note. Cells aren't padded, since one long cell would make its whole column long. */
export function markdownTable({ caption, columns, rows, note }: Table): string {
  const lines = [
    columns.map(headText),
    columns.map(({ align }) => (align === "left" ? ":-" : "-:")),
    ...rows.map((row) => row.map((cell) => escapeMarkdown(shownCell(cell)))),
  ];
  return [
    ...(caption === null ? [] : [`${escapeMarkdown(caption)}:`]),
    lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n"),
    ...(note === undefined ? [] : [escapeMarkdown(note)]),
  ].join("\n\n");
}

function headText({ title, footnotes = [] }: Column): string {
  return `${escapeMarkdown(title)}${footnotes.map(referenceTo).join("")}`;
}

/** A reference to a footnote, which GitHub makes a link. */
export function referenceTo(footnote: number): string {
  return `[^${footnote}]`;
}

/** A table that is folded away until it is asked for. */
export function foldedTable(table: Table, summary: string): string {
  return `<details><summary>${escapeHtml(summary)}</summary>\n\n${markdownTable({ ...table, caption: null })}\n\n</details>`;
}
