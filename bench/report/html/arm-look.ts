import type { Arm } from "../../result/schema.ts";
import { html, type Markup } from "../markup.ts";

/** How an arm is drawn: a colour of the page's style, and a shape and a dash for those who can't tell colours apart. */
export interface ArmLook {
  readonly id: string;
  readonly color: string;
  readonly symbol: "circle" | "square" | "triangle" | "diamond2" | "star" | "cross";
  readonly dash: string;
}

const symbols = ["circle", "square", "triangle", "diamond2", "star", "cross"] as const;
const dashes = ["none", "6 3", "2 2", "8 3 2 3", "4 4", "1 3"] as const;
/** The last colour is grey: for what is the same once more. */
const greyIndex = 5;

/**
 * The looks of arms, by their order; an arm that repeats the control stands back in grey. Where the colours begin again,
 * shapes and dashes are shifted, each by another step: no two of 25 arms share both, and no two of six grey ones.
 */
export function armLooks(arms: readonly Pick<Arm, "id" | "role">[]): readonly ArmLook[] {
  const grey = arms.filter(({ role }) => role === "aa");
  return arms.map(({ id, role }, index) => {
    if (role === "aa") {
      const place = grey.findIndex((arm) => arm.id === id);
      return look(id, greyIndex, greyIndex, (greyIndex + place) % dashes.length);
    }
    const color = index % greyIndex;
    const turn = Math.floor(index / greyIndex);
    return look(id, color, (color + turn) % greyIndex, (color + 2 * turn) % greyIndex);
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

/** Which look is whose. */
export function legendMarkup(looks: readonly ArmLook[]): Markup {
  return html`<ul class="legend">
    ${looks.map(
      ({ id, color, dash }) =>
        html`<li>
          <svg viewBox="0 0 28 12" aria-hidden="true">
            <line
              x1="0"
              x2="28"
              y1="6"
              y2="6"
              stroke="${color}"
              stroke-width="3"
              stroke-dasharray="${dash}"
            /></svg
          >${id}
        </li>`,
    )}
  </ul> `;
}
