import { buildReport } from "../build-report.ts";
import { Markup, markup } from "../markup.ts";
import type { Renderer } from "../renderer.ts";
import { glanceMarkup } from "./glance.ts";
import { sectionMarkup } from "./section.ts";
import { style } from "./style.ts";

/** No script, and nothing from anywhere else: a browser refuses both, whatever a result file holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * One page that needs nothing beside itself: tables, charts as SVG, readable on a phone, in the dark and on paper. It is
 * written so that it is well-formed XML too, by which its tests find a tag that isn't closed.
 */
export const renderHtml: Renderer = (result) => {
  const { title, versions, circumstances, glance, conclusion, sections, footnotes } = buildReport(result);
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<link rel="icon" href="data:," />
<title>${title} – ${conclusion.title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${versions === null ? [] : markup`<p>${versions}</p>`}
<p class="faint">${partsMarkup(circumstances)}</p>
</header>
<main>
${glanceMarkup(glance)}<div class="verdict tone-${conclusion.tone}"><strong>${conclusion.title}</strong>
${conclusion.sentences.map((sentence) => markup`<p>${sentence}</p>`)}
</div>
${sections.filter(({ kind }) => kind !== "run").map(sectionMarkup)}${footnotesMarkup(footnotes)}${sections.filter(({ kind }) => kind === "run").map(sectionMarkup)}
</main>
</body>
</html>
`.text;
};

/** Parts that don't break where they fit into a line. */
function partsMarkup(text: string): readonly Markup[] {
  return text
    .split("; ")
    .map((part, index) => markup`${index === 0 ? "" : "; "}<span class="part">${part}</span>`);
}

function footnotesMarkup(footnotes: readonly string[]): Markup {
  if (footnotes.length === 0) return markup``;
  const items = footnotes.map((text, index) => markup`<li id="note-${index + 1}">${text}</li>`);
  return markup`<section>
<h2>Notes</h2>
<ol>${items}</ol>
</section>
`;
}
