import type { ReportCell, ReportTable } from "../model/table.ts";
import { html, type Markup } from "../markup.ts";

/** Cells of words longer than this may break into lines. */
const longText = 40;

/** A table in a box of its own, which scrolls where the page is narrow and can be reached by keyboard. */
export function tableMarkup(table: ReportTable): Markup {
  const { caption, head, rows, textColumns = [0], note } = table;
  const side = (index: number): string => (textColumns.includes(index) ? "words" : "");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${head.map((title, index) => html`<th scope="col" class="${side(index)}">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell, index) => cellMarkup(cell, index === 0, side(index)))}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${note === undefined ? [] : html`<p class="note">${note}</p>`}`;
}

function cellMarkup(cell: string | ReportCell, isHead: boolean, side: string): Markup {
  const { text, tone } = typeof cell === "string" ? { text: cell, tone: "" } : { tone: "", ...cell };
  const isLong = side === "words" && text.length > longText;
  const classes = [side, tone, isLong ? "long" : ""].filter((name) => name !== "").join(" ");
  // Colour alone tells nothing to those who can't see it.
  const spoken = tone === "better" || tone === "worse" ? html` title="${tone}"` : [];
  return isHead
    ? html`<th scope="row" class="${classes}">${text}</th>`
    : html`<td class="${classes}" ${spoken}>${text}</td>`;
}

/** A table that is folded away until it is asked for. */
export function foldedTable(table: ReportTable): Markup {
  return html`<details>
    <summary>${table.caption}</summary>
    ${tableMarkup(table)}
  </details>`;
}
