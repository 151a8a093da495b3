import { markup, type Markup } from "../markup.ts";
import type { Chart } from "../model/chart.ts";
import type { Section } from "../model/report.ts";
import { armLooks, legendMarkup, type ArmLook } from "./arm-look.ts";
import { drawChart } from "./draw.ts";
import { foldedTableMarkup, tableMarkup } from "./table.ts";

/** A part of the report under its heading, with its tables first and what is long folded away at its end. */
export function sectionMarkup(section: Section): Markup {
  const {
    heading,
    sentences = [],
    tables = [],
    details = [],
    charts = [],
    legend = [],
    notes = [],
  } = section;
  const looks = armLooks(legend);
  return markup`<section>
<h2>${heading}</h2>
${listMarkup(sentences)}${tables.map((table) => tableMarkup(table, heading))}
${charts.length === 0 ? [] : [legendMarkup(looks), chartsMarkup(charts, looks)]}
${notes.map((note) => markup`<p class="note">${note}</p>`)}
${details.map(foldedTableMarkup)}
</section>
`;
}

function listMarkup(sentences: readonly string[]): Markup {
  if (sentences.length === 0) return markup``;
  return markup`<ul>${sentences.map(
    (sentence) => markup`<li>${sentence}</li>
`,
  )}</ul>`;
}

function chartsMarkup(charts: readonly Chart[], looks: readonly ArmLook[]): Markup {
  return markup`<div class="charts">${charts.map((chart) => chartMarkup(chart, looks))}</div>`;
}

/** A chart with its caption, and its numbers folded away below. */
function chartMarkup(chart: Chart, looks: readonly ArmLook[]): Markup {
  const { title, description, numbers } = chart;
  return markup`<figure>
<figcaption><strong>${title}</strong><p>${description}</p></figcaption>
${drawChart(chart, looks)}${numbers === null ? [] : foldedTableMarkup(numbers)}
</figure>
`;
}
