import type picocolors from "picocolors";
import type { Tone } from "../model/table.ts";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** In which colours and how wide a report is written. */
export interface Look {
  readonly colors: Colors;
  readonly width: number;
}

/** How a cell of a tone is coloured. */
export function painterOf(tone: Tone | undefined, colors: Colors): (text: string) => string {
  if (tone === undefined) return String;
  return { better: colors.green, worse: colors.red, faint: colors.dim }[tone];
}
