import { markup, type Markup } from "../markup.ts";

/**
 * Paths around the origin, about eight units wide. Each is closed or crossed, so that its outline shows which one it is.
 */
const paths = {
  circle: "M-3.5 0A3.5 3.5 0 1 0 3.5 0A3.5 3.5 0 1 0 -3.5 0Z",
  square: "M-3.2 -3.2H3.2V3.2H-3.2Z",
  triangle: "M0 -4L4 3H-4Z",
  diamond: "M0 -4.5L4 0L0 4.5L-4 0Z",
  plus: "M-4 0H4M0 -4V4",
  cross: "M-3.2 -3.2L3.2 3.2M-3.2 3.2L3.2 -3.2",
} as const;

/** The shape of a mark. */
export type SymbolName = keyof typeof paths;

/** All shapes, in the order in which arms take them. */
export const symbols: readonly SymbolName[] = ["circle", "square", "triangle", "diamond", "plus", "cross"];

/** A shape in the middle of a place; its colour is that of the group around it. */
export function symbolMarkup(name: SymbolName, x: number, y: number): Markup {
  return markup`<path transform="translate(${x} ${y})" d="${paths[name]}" />`;
}
