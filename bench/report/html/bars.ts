import { markup, type Markup } from "../markup.ts";
import type { Figure } from "../model/figure.ts";
import { shownCell } from "../shown-cell.ts";
import { leadText } from "../lead-text.ts";
import type { ArmLook } from "./arm-look.ts";

/** The width of a drawing of bars, at which its letters have the size of the page's style. */
export const barsWidthPx = 320;
const rowPx = 34;
const barPx = 12;
/** Something that was measured is never drawn as nothing. */
const leastPx = 1.5;
const mostLetters = 30;

/** The height of the drawing of a figure. */
export function barsHeightPx({ bars }: Figure): number {
  return bars.length * rowPx;
}

/** The bars of a figure as inline SVG: a name and a number each, and the bar below them. */
export function drawBars(figure: Figure, looks: readonly ArmLook[]): Markup {
  const height = barsHeightPx(figure);
  const bars = figure.bars.map(({ of, cell, share }, index) => {
    const color = looks.find(({ id }) => id === of)?.color ?? "currentColor";
    const top = index * rowPx;
    const width = Math.max(leastPx, Number((share * barsWidthPx).toFixed(1)));
    return markup`<text x="0" y="${top + 12}">${shortened(of)}</text><text x="${barsWidthPx}" y="${top + 12}" text-anchor="end">${shownCell(cell)}</text>
<rect class="track" y="${top + 17}" width="${barsWidthPx}" height="${barPx}" rx="2" /><rect fill="${color}" y="${top + 17}" width="${width}" height="${barPx}" rx="2" />
`;
  });
  return markup`<svg class="bars" viewBox="0 0 ${barsWidthPx} ${height}" role="img" aria-label="${figure.title}: ${leadText(figure)}">
${bars}</svg>`;
}

function shortened(name: string): string {
  return name.length > mostLetters ? `${name.slice(0, mostLetters - 1)}…` : name;
}
