import type { Table } from "./table.ts";

/** A mark of an axis. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** A scale from the lowest to the highest value, with its marks. */
export interface ValueAxis {
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly Tick[];
  readonly isLogarithmic?: boolean;
  readonly title?: string;
}

/** Names below each other; y of a point is the index of its name. */
export interface NameAxis {
  readonly names: readonly string[];
}

/** A point of a chart, in the units of its axes. */
export type ChartPoint = readonly [x: number, y: number];

/** What is drawn, each of it for one entry of the section's legend. */
export type Mark =
  | {
      readonly kind: "line";
      readonly of: string;
      readonly points: readonly ChartPoint[];
      /** A value holds until the next point, instead of changing steadily. */
      readonly isStepped?: boolean;
      readonly isThick?: boolean;
    }
  | { readonly kind: "dots"; readonly of: string; readonly points: readonly ChartPoint[] }
  | {
      /** The middle half of some values, and their median, beside a name. */
      readonly kind: "box";
      readonly of: string;
      readonly y: number;
      readonly quartiles: readonly [low: number, median: number, high: number];
    };

/** A drawing as data: its axes, its marks, and what it shows in words. */
export interface Chart {
  readonly title: string;
  /** What is drawn, for readers who see it and for readers who don't. */
  readonly description: string;
  readonly x: ValueAxis;
  readonly y: ValueAxis | NameAxis;
  readonly marks: readonly Mark[];
  /** The numbers drawn; null where a table of the section already has them. */
  readonly numbers: Table | null;
}
