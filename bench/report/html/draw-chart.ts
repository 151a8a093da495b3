import { plot, type Markish, type PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { ReportTable } from "../model/table.ts";
import { html, Markup, withoutControls } from "../markup.ts";
import { foldedTable } from "./table.ts";

/** A drawing with what it shows in words, and the numbers it is made of. */
export interface Chart {
  readonly title: string;
  /** What is drawn, for those who see it and those who don't. */
  readonly description: string;
  readonly svg: Markup;
  /** Null where a table nearby already has the numbers. */
  readonly numbers: ReportTable | null;
}

/** Narrow enough to be read on a phone without being scaled down much. */
const widthPx = 400;

/**
 * Draws marks as inline SVG, on a document of its own: no browser is needed, and equal marks give equal bytes.
 * Marks that need an identifier (clips, tips, arrows) are to be avoided: the library counts them over all its drawings.
 */
export function drawSvg(
  title: string,
  description: string,
  options: Omit<PlotOptions, "marks"> & { readonly marks: Markish[] },
): Markup {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const drawing = plot({
    document,
    width: widthPx,
    marginLeft: 62,
    marginRight: 30,
    ...options,
    className: "plot",
    style: { fontSize: "11px" },
    ariaLabel: title,
    ariaDescription: description,
  });
  // The page's own style says how drawings look.
  drawing.querySelector("style")?.remove();
  drawing.removeAttribute("class");
  drawing.setAttribute("role", "img");
  return new Markup(withoutControls(drawing.outerHTML));
}

/** A chart with its caption, and its numbers folded away below. */
export function chartMarkup({ title, description, svg, numbers }: Chart): Markup {
  return html`<figure>
    <figcaption>
      <strong>${title}</strong>
      <p>${description}</p>
    </figcaption>
    ${svg} ${numbers === null ? [] : foldedTable(numbers)}
  </figure> `;
}
