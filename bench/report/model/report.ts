import type { Chart } from "./chart.ts";
import type { Glance } from "./figure.ts";
import type { LegendEntry } from "./legend.ts";
import type { Table } from "./table.ts";

/** What a run came to, for the head of a report. */
export interface Conclusion {
  /** `good`: nothing to do; `bad`: a build fails; `doubt`: nothing can be said; `neutral`: a finding. */
  readonly tone: "good" | "bad" | "doubt" | "neutral";
  readonly title: string;
  /** What led to it, a sentence each. */
  readonly sentences: readonly string[];
}

/** A part of a report. */
export interface Section {
  /** `scenario`: what was measured; `finding`: what follows from it; `run`: how it was measured. */
  readonly kind: "scenario" | "finding" | "run";
  /** What it is called where there is no room for it. */
  readonly name: string;
  readonly heading: string;
  /** Shown as a list. */
  readonly sentences?: readonly string[];
  /** What every format for people shows. */
  readonly tables?: readonly Table[];
  /** Long tables, which a format may fold away or leave out. */
  readonly details?: readonly Table[];
  readonly charts?: readonly Chart[];
  /** The entries that the marks of the charts belong to. */
  readonly legend?: readonly LegendEntry[];
  /** Remarks below everything else. */
  readonly notes?: readonly string[];
}

/** A report of one result, before it has a format. */
export interface Report {
  /** What was measured: `orders: 100,000 rows, 10.6 MiB`. */
  readonly title: string;
  /** Which versions or runs are compared; null when only deliveries are. */
  readonly versions: string | null;
  /** The server, the machine, the tool and the time, in a line. */
  readonly circumstances: string;
  /** null where nothing was measured, or what was measured can't be trusted. */
  readonly glance: Glance | null;
  readonly conclusion: Conclusion;
  readonly sections: readonly Section[];
  /** Warnings; a column refers to them by their number, counted from 1. */
  readonly footnotes: readonly string[];
}
