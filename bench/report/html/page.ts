import type { BenchResult } from "../../result/schema.ts";
import { adviceSentences } from "../section/advice.ts";
import { armLooks, legendMarkup } from "./arm-look.ts";
import { chartMarkup } from "./draw-chart.ts";
import { gapCharts } from "../chart/gap-chart.ts";
import { growthCharts } from "../chart/growth-chart.ts";
import { html, Markup } from "../markup.ts";
import { roundCharts } from "../chart/round-chart.ts";
import { style } from "./style.ts";
import { foldedTable, tableMarkup } from "./table.ts";
import { timeCharts } from "../chart/time-chart.ts";
import type { Renderer } from "../renderer.ts";
import { armTable, checkTable, gateTable, settingTable, subjectText } from "../section/run.ts";
import {
  comparisonTable,
  growthTable,
  hasRepeatedRounds,
  medianTable,
  roundTable,
} from "../section/medians.ts";
import { scenarioViews, type ScenarioView } from "../read/scenario-view.ts";
import { curveOf, memoryCurves } from "../read/memory-curve.ts";
import { concludeInWords } from "../section/conclusion.ts";
import { versionsText } from "../section/versions-text.ts";

/** No script, and nothing from anywhere else: a browser refuses both, whatever a result file holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** One page that needs nothing beside itself: tables, charts as SVG, readable on a phone, in the dark and on paper. */
export const renderHtml: Renderer = (result) => {
  const { tone, title, sentences } = concludeInWords(result);
  const { environment, createdAt, tool } = result;
  const subject = subjectText(result);
  const versions = versionsText(result);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <link rel="icon" href="data:," />
        <title>${subject} – ${title}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${subject}</h1>
          ${versions === null ? [] : html`<p>${versions}</p>`}
          <p class="faint">
            ${tool.name} ${tool.version}, ${createdAt}; ${environment.node}, ${environment.cores} ×
            ${environment.cpuModel}, ${environment.os}
          </p>
        </header>
        <main>
          <div class="verdict tone-${tone}">
            <strong>${title}</strong> ${sentences.map((sentence) => html`<p>${sentence}</p>`)}
          </div>
          ${listMarkup("What it means", adviceSentences(result))} ${listMarkup("To mind", result.warnings)}
          ${gateMarkup(result)} ${scenarioViews(result).map((view) => scenarioMarkup(result, view))}
          <section>
            <h2>The run</h2>
            ${[settingTable(result), armTable(result), checkTable(result)].flatMap((table) =>
              table === null ? [] : [foldedTable(table)],
            )}
          </section>
        </main>
      </body>
    </html> `.text;
};

function listMarkup(title: string, sentences: readonly string[]): Markup {
  if (sentences.length === 0) return html``;
  return html`<section>
    <h2>${title}</h2>
    <ul>
      ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>
  </section>`;
}

function gateMarkup(result: BenchResult): Markup {
  const table = gateTable(result);
  return table === null
    ? html``
    : html`<section>
        <h2>The verdict</h2>
        ${tableMarkup(table)}
      </section>`;
}

function scenarioMarkup(result: BenchResult, view: ScenarioView): Markup {
  const isScaling = view.name === "scaling";
  // Arms of this scenario differ by rows; what is drawn is a delivery.
  const looks = armLooks(
    isScaling
      ? memoryCurves(result).map(({ delivery }) => ({ id: delivery, role: "treatment" as const }))
      : view.arms,
  );
  const armsLooks = isScaling
    ? view.arms.flatMap((arm) => {
        const look = looks.find((item) => item.id === curveOf(arm));
        return look === undefined ? [] : [{ ...look, id: arm.id }];
      })
    : looks;
  const sampled = [...timeCharts(result, view.name, armsLooks), ...gapCharts(result, view.name, armsLooks)];
  const charts = [...(isScaling ? growthCharts(result, looks) : roundCharts(view, looks)), ...sampled];
  const growth = isScaling ? growthTable(result) : null;
  const table = growth ?? medianTable(view);
  const compared = growth === null ? comparisonTable(view) : null;
  const showCompared = hasRepeatedRounds(view) ? tableMarkup : foldedTable;
  return html`<section>
    <h2>${view.title}</h2>
    ${tableMarkup(table)} ${compared === null ? [] : showCompared(compared)}
    ${charts.length === 0 ? [] : legendMarkup(looks)}
    <div class="charts">${charts.map(chartMarkup)}</div>
    ${sampled.length > 0 ? [] : html`<p class="note">Nothing was sampled over time here, so no chart shows memory, occupancy or gaps.</p>`}
    ${foldedTable(roundTable(view))}
  </section> `;
}
