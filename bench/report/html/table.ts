import { shownCell } from "../shown-cell.ts";
import { markup, type Markup } from "../markup.ts";
import type { Cell, Column, Table } from "../model/table.ts";

/** Longer cells may break into lines. */
const longText = 40;

/**
 * A table in a box of its own, which scrolls where the page is narrow and can be reached by keyboard.
 * @param name what the table shows, where it has no caption
 */
export function tableMarkup({ caption, columns, rows, note }: Table, name: string): Markup {
  const title = caption === null ? [] : markup`<caption>${caption}</caption>`;
  const remark = note === undefined ? [] : markup`<p class="note">${note}</p>`;
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption ?? name}"><table>${title}
<thead><tr>${columns.map(headMarkup)}</tr></thead>
<tbody>${rows.map(
    (row) => markup`
<tr>${row.map((cell, index) => cellMarkup(cell, columns[index], index === 0))}</tr>`,
  )}
</tbody></table></div>
${remark}`;
}

function headMarkup({ title, align, footnotes = [] }: Column): Markup {
  const marks = footnotes.map((number) => markup`<sup><a href="#note-${number}">${number}</a></sup>`);
  return markup`<th scope="col"${classMarkup([align === "left" ? "words" : ""])}>${title}${marks}</th>`;
}

function cellMarkup(cell: Cell, column: Column | undefined, isHead: boolean): Markup {
  const text = shownCell(cell);
  const { tone = "" } = cell;
  const isWords = column?.align === "left";
  const classes = classMarkup([isWords ? "words" : "", tone, text.length > longText ? "long" : ""]);
  // Readers who can't see colours need it in words.
  const spoken = tone === "better" || tone === "worse" ? markup` title="${tone}"` : [];
  return isHead
    ? markup`<th scope="row"${classes}>${text}</th>`
    : markup`<td${classes}${spoken}>${text}</td>`;
}

function classMarkup(names: readonly string[]): Markup {
  const used = names.filter((name) => name !== "");
  return used.length === 0 ? markup`` : markup` class="${used.join(" ")}"`;
}

/** A table that is folded away until it is asked for. */
export function foldedTableMarkup(table: Table): Markup {
  const name = table.caption ?? "Table";
  return markup`<details><summary>${name}</summary>
${tableMarkup({ ...table, caption: null }, name)}</details>
`;
}
