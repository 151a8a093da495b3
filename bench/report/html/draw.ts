import { markup, type Markup } from "../markup.ts";
import type { Chart, ChartPoint, Mark, NameAxis, ValueAxis } from "../model/chart.ts";
import type { ArmLook } from "./arm-look.ts";
import { rowScale, scaleOf, type Scale } from "./scale.ts";
import { symbolMarkup } from "./symbol.ts";

/** Narrow enough to be read on a phone without being scaled down much. */
const widthPx = 400;
const plotHeightPx = 190;
const rowPx = 26;
const topPx = 8;
const gapPx = 8;
/** Of a wide font such as DejaVu Sans, since the page takes the font of the system. */
const pxPerLetter = 7;
const mostLetters = 20;

/** The edges of the area that marks are drawn in, and the scales within it. */
interface Plot {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly x: Scale;
  readonly y: Scale;
}

/** Draws a chart as inline SVG. Equal charts give equal bytes. */
export function drawChart(chart: Chart, looks: readonly ArmLook[]): Markup {
  const { title, description, x, y, marks } = chart;
  const isOfNames = "names" in y;
  const labels = isOfNames ? y.names.map(shortened) : y.ticks.map(({ text }) => text);
  const left = gapPx + 2 + Math.max(0, ...labels.map(({ length }) => length)) * pxPerLetter;
  // Half of the text of the last mark stands beyond the axis.
  const right = widthPx - 2 - ((x.ticks.at(-1)?.text.length ?? 0) * pxPerLetter) / 2;
  const bottom = bottomOf(chart);
  const heightPx = bottom + (x.title === undefined ? 24 : 40);
  const plot: Plot = {
    left,
    right,
    bottom,
    x: scaleOf(x, left, right),
    y: isOfNames ? rowScale(y, topPx, bottom) : scaleOf(y, bottom, topPx),
  };
  return markup`<svg viewBox="0 0 ${widthPx} ${heightPx}" role="img" aria-label="${title}" aria-description="${description}">
${isOfNames ? [nameAxis(y, plot), grid(x, plot)] : valueAxis(y, plot)}${baseAxis(x, plot)}
${marks.map((mark) => markMarkup(mark, plot, looks))}
</svg>`;
}

function bottomOf({ y }: Chart): number {
  return topPx + ("names" in y ? rowPx * y.names.length : plotHeightPx);
}

function baseAxis({ ticks, title }: ValueAxis, { x, left, right, bottom }: Plot): Markup {
  const name =
    title === undefined
      ? []
      : markup`<text x="${right}" y="${bottom + 34}" text-anchor="end">${title} →</text>`;
  return markup`<g class="axis"><path d="M${left} ${bottom}H${right}" />${ticks.map(
    ({ at, text }) =>
      markup`<path d="M${x(at)} ${bottom}v4" /><text x="${x(at)}" y="${bottom + 16}" text-anchor="middle">${text}</text>`,
  )}${name}</g>`;
}

function grid({ ticks }: ValueAxis, { x, bottom }: Plot): Markup {
  return markup`<path class="grid" d="${ticks.map(({ at }) => `M${x(at)} ${topPx}V${bottom}`).join("")}" />`;
}

function valueAxis({ ticks }: ValueAxis, { y, left, right }: Plot): readonly Markup[] {
  const lines = ticks.map(({ at }) => `M${left} ${y(at)}H${right}`).join("");
  return [
    markup`<path class="grid" d="${lines}" />`,
    markup`<g class="axis">${ticks.map(({ at, text }) => sideText(text, left, y(at)))}</g>`,
  ];
}

function nameAxis({ names }: NameAxis, { y, left }: Plot): Markup {
  return markup`<g class="axis">${names.map((name, row) => sideText(shortened(name), left, y(row)))}</g>`;
}

function sideText(text: string, left: number, y: number): Markup {
  return markup`<text x="${left - gapPx}" y="${y}" dy="0.32em" text-anchor="end">${text}</text>`;
}

function shortened(name: string): string {
  return name.length > mostLetters ? `${name.slice(0, mostLetters - 1)}…` : name;
}

function markMarkup(mark: Mark, plot: Plot, looks: readonly ArmLook[]): Markup {
  const look = looks.find(({ id }) => id === mark.of);
  const color = look?.color ?? "currentColor";
  if (mark.kind === "box") return boxMarkup(mark.y, mark.quartiles, color, plot);
  if (mark.kind === "dots") {
    const shapes = mark.points.map(([x, y]) => symbolMarkup(look?.symbol ?? "circle", plot.x(x), plot.y(y)));
    return markup`<g class="dots" stroke="${color}">${shapes}</g>`;
  }
  const { points, isStepped = false, isThick = false } = mark;
  const path = linePath(points, isStepped, plot);
  return markup`<path class="line" d="${path}" stroke="${color}" stroke-width="${isThick ? 2 : 1.5}" stroke-dasharray="${look?.dash ?? "none"}" />`;
}

function boxMarkup(
  row: number,
  [low, median, high]: readonly [number, number, number],
  color: string,
  { x, y }: Plot,
): Markup {
  const [top, bottom] = [y(row - 0.36), y(row + 0.36)];
  const box =
    low === high
      ? []
      : markup`<path class="box" fill="${color}" d="M${x(low)} ${top}H${x(high)}V${bottom}H${x(low)}Z" />`;
  return markup`${box}<path class="median" stroke="${color}" d="M${x(median)} ${top}V${bottom}" />`;
}

function linePath(points: readonly ChartPoint[], isStepped: boolean, { x, y }: Plot): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const steps = rest.map(([at, value]) => (isStepped ? `H${x(at)}V${y(value)}` : `L${x(at)} ${y(value)}`));
  return `M${x(first[0])} ${y(first[1])}${steps.join("")}`;
}
