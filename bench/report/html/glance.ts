import { markup, type Markup } from "../markup.ts";
import type { Figure, Glance } from "../model/figure.ts";
import { shownCell } from "../shown-cell.ts";
import { armLooks, type ArmLook } from "./arm-look.ts";
import { drawBars } from "./bars.ts";

/** The numbers that a report begins with, side by side; below each other on a phone. */
export function glanceMarkup(glance: Glance | null): Markup {
  if (glance === null) return markup``;
  const looks = armLooks(glance.legend);
  return markup`<section class="glance" aria-label="At a glance">
${glance.figures.map((figure) => figureMarkup(figure, looks))}</section>
`;
}

function figureMarkup(figure: Figure, looks: readonly ArmLook[]): Markup {
  const { title, meaning, lead, comparison } = figure;
  const compared = comparison === "" ? lead.of : `${lead.of}: ${comparison}`;
  return markup`<div class="figure">
<h2>${title}</h2>
<p class="lead"><strong>${shownCell(lead.cell)}</strong> <span>${compared}</span></p>
<div>${figure.bars.length < 2 ? [] : drawBars(figure, looks)}</div>
<p class="note">${meaning}</p>
</div>
`;
}
