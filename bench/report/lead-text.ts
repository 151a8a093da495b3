import type { Figure } from "./model/figure.ts";
import { shownCell } from "./shown-cell.ts";

/** The number of a figure in words: `streaming 11.2 ms, 0.064× (0.037–0.097) of buffered`. */
export function leadText({ lead, comparison }: Figure): string {
  return `${lead.of} ${shownCell(lead.cell)}${comparison === "" ? "" : `, ${comparison}`}`;
}
