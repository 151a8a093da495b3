import type { MetricId } from "../../bench/result/metric.ts";
import type { BenchResult } from "../../bench/result/schema.ts";
import { buildReport } from "../../bench/report/build-report.ts";
import { growthCharts } from "../../bench/report/chart/growth-charts.ts";
import { roundChart } from "../../bench/report/chart/round-chart.ts";
import { armLooks, type ArmLook } from "../../bench/report/html/arm-look.ts";
import { drawChart, drawingSize } from "../../bench/report/html/draw.ts";
import { chartStyle, colorStyle } from "../../bench/report/html/style.ts";
import { symbolMarkup } from "../../bench/report/html/symbol.ts";
import { Markup, markup } from "../../bench/report/markup.ts";
import type { Chart } from "../../bench/report/model/chart.ts";
import { memoryCurves } from "../../bench/report/read/memory-curve.ts";
import { scenarioView, type ScenarioView } from "../../bench/report/read/scenario-view.ts";
import { armLegend } from "../../bench/report/read/arm-legend.ts";
import { wrap } from "../../bench/report/terminal/wrap.ts";

const marginPx = 20;
const gapPx = 24;
const columnPx = 400;
const widthPx = 2 * marginPx + 2 * columnPx + gapPx;
const linePx = 15;
/** Letters of the text size that fit into a column, in a wide font. */
const lettersPerColumn = 62;
const lettersPerPicture = 2 * lettersPerColumn;

const title = "What an export costs: streamed, buffered, and sent from a finished file";

/** A drawing, and how much of a column it takes. */
interface Block {
  readonly heightPx: number;
  readonly drawing: Markup;
}

/**
 * Draws a result as one SVG that needs nothing beside itself: the first byte, memory, and what a worker pays, by the
 * report's own charts. It has its own ground and the colours of the system, so that it is legible on any page.
 * @throws Error when the result lacks a chart
 */
export function drawPicture(result: BenchResult): string {
  const { title: subject, circumstances } = buildReport(result);
  const view = withoutRepeats(scenarioView(result, "export"));
  const looks = armLooks(armLegend(view));
  const chart = (id: MetricId): Block => chartBlock(metricChart(view, id), looks);
  const left = [chart("first_byte_s"), chart("peak_rss_over_idle_bytes"), chart("loop_s_per_export")];
  const right = [chartBlock(growthChart(result), looks), chart("ping_lost_per_export")];
  const [facts, factsPx] = textLines(`${subject}. ${circumstances}.`, lettersPerPicture);
  const topPx = 76;
  const columnsPx = Math.max(heightOf(left), heightOf(right));
  const heightPx = topPx + columnsPx + factsPx + marginPx;
  const description = `Drawn by npm run picture from the result of one run of stream-csv bench. ${subject}. ${circumstances}.`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" role="img" fill="none" stroke-width="1.5">
<title>${title}</title>
<desc>${description}</desc>
<style>${new Markup(colorStyle + chartStyle + pictureStyle)}</style>
<rect class="ground" width="${widthPx}" height="${heightPx}" rx="8" />
<text class="title" x="${marginPx}" y="34">${title}</text>
${legend(looks)}
${column(left, marginPx, topPx)}${column(right, marginPx + columnPx + gapPx, topPx)}
${placed(facts, marginPx, topPx + columnsPx)}
</svg>
`.text;
}

const pictureStyle = `
svg { font-family: system-ui, sans-serif; }
.ground { fill: var(--ground); stroke: none; }
svg .title { font-size: 16px; font-weight: 600; }
svg .name { font-size: 13px; font-weight: 600; }
svg .faint { fill: var(--faint); }
`;

/** An arm that repeats the control shows how far equal things differ; here it would be in the way. */
function withoutRepeats(view: ScenarioView): ScenarioView {
  return { ...view, arms: view.arms.filter(({ role }) => role !== "aa") };
}

function metricChart(view: ScenarioView, id: MetricId): Chart {
  const metric = view.metrics.find((shown) => shown.id === id);
  if (metric === undefined) throw new Error(`The result has no ${id} in its scenario export.`);
  return roundChart(view, metric);
}

function growthChart(result: BenchResult): Chart {
  const view = scenarioView(result, "scaling");
  const [chart] = growthCharts(view, memoryCurves(view));
  if (chart === undefined) throw new Error("The result has no memory by rows: measure the scenario scaling.");
  return chart;
}

function chartBlock(chart: Chart, looks: readonly ArmLook[]): Block {
  const size = drawingSize(chart);
  const name = `${chart.title.charAt(0).toUpperCase()}${chart.title.slice(1)}`;
  const [description, descriptionPx] = textLines(chart.description, lettersPerColumn);
  const topPx = linePx + descriptionPx;
  const drawing = markup`<text class="name" y="12">${name}</text>${placed(description, 0, linePx)}
<svg y="${topPx}" width="${size.widthPx}" height="${size.heightPx}">${drawChart(chart, looks)}</svg>`;
  return { heightPx: topPx + size.heightPx + gapPx, drawing };
}

/** Lines of small text, and the height they take. */
function textLines(text: string, letters: number): readonly [lines: Markup, heightPx: number] {
  const lines = wrap(text, letters, "").split("\n");
  const shown = lines.map(
    (line, index) => markup`<text class="faint" y="${12 + index * linePx}">${line}</text>`,
  );
  return [markup`${shown}`, lines.length * linePx + 4];
}

function legend(looks: readonly ArmLook[]): Markup {
  const entries = looks.map(({ id, color, dash, symbol }, index) =>
    placed(
      markup`<g stroke="${color}"><path d="M0 6H30" stroke-width="2" stroke-dasharray="${dash}" />${symbolMarkup(symbol, 15, 6)}</g><text x="38" y="10">${id}</text>`,
      marginPx + index * 120,
      48,
    ),
  );
  return markup`${entries}`;
}

function column(blocks: readonly Block[], x: number, topPx: number): Markup {
  const drawings = blocks.map(({ drawing }, index) =>
    placed(drawing, x, topPx + heightOf(blocks.slice(0, index))),
  );
  return markup`${drawings}`;
}

function heightOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { heightPx }) => sum + heightPx, 0);
}

function placed(drawing: Markup, x: number, y: number): Markup {
  return markup`<g transform="translate(${x} ${y})">${drawing}</g>
`;
}
