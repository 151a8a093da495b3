import { markup, type Markup } from "../markup.ts";
import type { LegendEntry } from "../model/legend.ts";
import { symbolMarkup, symbols, type SymbolName } from "./symbol.ts";

/** How an entry of a legend is drawn: a colour of the page, and a shape and a dash for readers who can't tell colours apart. */
export interface ArmLook {
  readonly id: string;
  readonly color: string;
  readonly symbol: SymbolName;
  readonly dash: string;
}

const dashes = ["none", "6 3", "2 2", "8 3 2 3", "4 4", "1 3"] as const;
/** The last colour is grey: for what repeats the control. */
const grayIndex = 5;

/**
 * The looks of the entries, by their order; one that repeats the control is grey. Where the colours begin again, shapes
 * and dashes are shifted by different steps, so that no two of 25 entries share both, and no two of six grey ones.
 */
export function armLooks(entries: readonly LegendEntry[]): readonly ArmLook[] {
  const repeats = entries.filter(({ isRepeat }) => isRepeat);
  return entries.map(({ id, isRepeat }, index) => {
    if (isRepeat) {
      const place = repeats.findIndex((entry) => entry.id === id);
      return look(id, grayIndex, grayIndex, (grayIndex + place) % dashes.length);
    }
    const color = index % grayIndex;
    const turn = Math.floor(index / grayIndex);
    return look(id, color, (color + turn) % grayIndex, (color + 2 * turn) % grayIndex);
  });
}

function look(id: string, color: number, symbol: number, dash: number): ArmLook {
  return {
    id,
    color: `var(--arm-${color})`,
    symbol: symbols[symbol] ?? "circle",
    dash: dashes[dash] ?? "none",
  };
}

/** Which look belongs to which arm. */
export function legendMarkup(looks: readonly ArmLook[]): Markup {
  return markup`<ul class="legend">${looks.map(
    ({ id, color, dash, symbol }) =>
      markup`<li><svg viewBox="0 0 30 12" aria-hidden="true" stroke="${color}" fill="none"><path d="M0 6H30" stroke-width="2" stroke-dasharray="${dash}" />${symbolMarkup(symbol, 15, 6)}</svg>${id}</li>`,
  )}</ul>`;
}
