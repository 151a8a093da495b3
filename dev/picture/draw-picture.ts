import type { BenchResult } from "../../bench/result/result.ts";
import { buildReport } from "../../bench/report/build-report.ts";
import { armLooks, type ArmLook } from "../../bench/report/html/arm-look.ts";
import { barsHeightPx, barsWidthPx, drawBars } from "../../bench/report/html/bars.ts";
import { chartStyle, colorStyle } from "../../bench/report/html/style.ts";
import { Markup, markup } from "../../bench/report/markup.ts";
import type { Figure } from "../../bench/report/model/figure.ts";
import { shownCell } from "../../bench/report/shown-cell.ts";
import { wrap } from "../../bench/report/terminal/wrap.ts";

const marginPx = 20;
const gapPx = 32;
const linePx = 16;
/** Letters of the text size that fit into a column, in a wide font. */
const lettersPerColumn = 46;
const titlePx = 62;
/** The name of a figure, and its large number. */
const headPx = 64;

const title = "What one export costs: streamed, buffered, and sent from a finished file";

/**
 * Draws what the report of a result begins with as one SVG that needs nothing beside itself. It has its own ground and the
 * colours of the system, so that it is legible on any page.
 * @throws Error when the result has nothing to draw
 */
export function drawPicture(result: BenchResult): string {
  const { title: subject, circumstances, glance } = buildReport(result);
  if (glance === null) throw new Error("The result has no numbers to draw: measure the scenario export.");
  const { figures, legend } = glance;
  const looks = armLooks(legend);
  const widthPx = 2 * marginPx + figures.length * barsWidthPx + (figures.length - 1) * gapPx;
  const words = figures.map(wordsOf);
  const wordsPx = Math.max(...words.map(({ length }) => length)) * linePx;
  const meanings = figures.map(({ meaning }) => linesOf(meaning, lettersPerColumn));
  const meaningsPx = Math.max(...meanings.map(({ length }) => length)) * linePx;
  const barsPx = Math.max(...figures.map(barsHeightPx));
  const factsY = titlePx + headPx + wordsPx + barsPx + meaningsPx + 3 * linePx;
  const facts = linesOf(
    `Measured: ${subject}. ${circumstances}. The ratio has its interval behind it.`,
    figures.length * lettersPerColumn,
  );
  const heightPx = factsY + facts.length * linePx + marginPx;
  const columns = figures.map((figure, index) => {
    const places = {
      wordsY: headPx,
      barsY: headPx + wordsPx,
      meaningY: headPx + wordsPx + barsPx + 1.5 * linePx,
    };
    const texts = { words: words[index] ?? [], meaning: meanings[index] ?? [] };
    const x = marginPx + index * (barsWidthPx + gapPx);
    return markup`<g transform="translate(${x} ${titlePx})">${columnOf(figure, looks, texts, places)}</g>
`;
  });
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}" role="img" fill="none">
<title>${title}</title>
<desc>Drawn by npm run picture from the result of one run of stream-csv bench. ${subject}. ${circumstances}.</desc>
<style>${new Markup(colorStyle + chartStyle + pictureStyle)}</style>
<rect class="ground" width="${widthPx}" height="${heightPx}" rx="8" />
<text class="title" x="${marginPx}" y="34">${title}</text>
${columns}${textMarkup(facts, marginPx, factsY)}
</svg>
`.text;
}

const pictureStyle = `
svg { font-family: system-ui, sans-serif; }
.ground { fill: var(--ground); stroke: none; }
svg .title { font-size: 16px; font-weight: 600; }
svg .name { font-size: 13px; font-weight: 600; }
svg .lead { font-size: 28px; font-weight: 700; }
svg .faint { fill: var(--faint); font-size: 11px; }
`;

/** Where the parts of a column begin. */
interface Places {
  readonly wordsY: number;
  readonly barsY: number;
  readonly meaningY: number;
}

/** One number: its name, the number itself, how it compares, its bars, and what it means. */
function columnOf(
  figure: Figure,
  looks: readonly ArmLook[],
  texts: { readonly words: readonly string[]; readonly meaning: readonly string[] },
  { wordsY, barsY, meaningY }: Places,
): Markup {
  const name = `${figure.title.charAt(0).toUpperCase()}${figure.title.slice(1)}`;
  return markup`<text class="name" y="14">${name}</text>
<text class="lead" y="46">${shownCell(figure.lead.cell)}</text>
${textMarkup(texts.words, 0, wordsY)}
<svg y="${barsY}" width="${barsWidthPx}" height="${barsHeightPx(figure)}">${drawBars(figure, looks)}</svg>
${textMarkup(texts.meaning, 0, meaningY)}`;
}

function wordsOf({ lead, comparison }: Figure): readonly string[] {
  return linesOf(comparison === "" ? lead.of : `${lead.of}: ${comparison}`, lettersPerColumn);
}

function linesOf(text: string, letters: number): readonly string[] {
  return wrap(text, letters, "").split("\n");
}

function textMarkup(lines: readonly string[], x: number, y: number): Markup {
  return markup`${lines.map((line, index) => markup`<text class="faint" x="${x}" y="${y + index * linePx}">${line}</text>`)}`;
}
