import type { LegendEntry } from "./legend.ts";
import type { QuantityCell } from "./table.ts";

/** An arm of a figure: its value, and the length that shows it. */
export interface Bar {
  /** The arm, which is also its entry of the legend. */
  readonly of: string;
  readonly cell: QuantityCell;
  /** Length as a share of the longest bar. */
  readonly share: number;
}

/** One of the numbers that a report begins with: a metric of every arm, to be compared by eye. */
export interface Figure {
  readonly title: string;
  /** What is measured, in a sentence; empty where this version doesn't know it. */
  readonly meaning: string;
  /** The bar whose number is shown large. */
  readonly lead: Bar;
  /** How the lead compares with its control: `0.064× (0.037–0.097) of buffered`; empty where nothing was compared. */
  readonly comparison: string;
  readonly bars: readonly Bar[];
}

/** What a report begins with: a few numbers, drawn side by side. */
export interface Glance {
  readonly figures: readonly Figure[];
  readonly legend: readonly LegendEntry[];
}
