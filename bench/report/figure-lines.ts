import stringWidth from "string-width";
import type { Bar, Figure } from "./model/figure.ts";
import { shownCell } from "./shown-cell.ts";

/** Longer names are cut, so that the bars keep some length. */
const mostNameWidth = 24;
const longestBar = 40;
const indent = "  ";
/** The last block of a bar, by eighths of a letter. */
const blocks = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** The bars of figures as lines of a fixed-width font, all from one column on; none where there is nothing to compare. */
export function figureLines(figures: readonly Figure[], width: number): readonly (readonly string[])[] {
  const all = figures.flatMap(({ bars }) => bars);
  const nameWidth = Math.min(mostNameWidth, widest(all.map(({ of }) => of)), Math.floor(width / 3));
  const valueWidth = widest(all.map(({ cell }) => shownCell(cell)));
  const barWidth = Math.min(longestBar, width - indent.length - nameWidth - valueWidth - 2);
  const line = (bar: Bar): string => {
    const value = shownCell(bar.cell);
    const room = " ".repeat(valueWidth - stringWidth(value));
    return `${indent}${fitted(bar.of, nameWidth)} ${room}${value} ${barText(bar, Math.max(1, barWidth))}`;
  };
  return figures.map(({ bars }) => (bars.length < 2 ? [] : bars.map(line)));
}

function barText({ share }: Bar, width: number): string {
  const eighths = Math.round(share * width * 8);
  // Something that was measured is never drawn as nothing.
  return eighths === 0 ? "▏" : "█".repeat(Math.floor(eighths / 8)) + (blocks[eighths % 8] ?? "");
}

function fitted(name: string, width: number): string {
  const letters = [...new Intl.Segmenter("en").segment(name)].map(({ segment }) => segment);
  let text = name;
  while (stringWidth(text) > width) {
    letters.pop();
    text = `${letters.join("")}…`;
  }
  return text + " ".repeat(width - stringWidth(text));
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => stringWidth(text)));
}
