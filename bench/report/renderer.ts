import type { BenchResult } from "../result/result.ts";

/** How a report looks. */
export interface RenderOptions {
  /** Whether text may have the colours of a terminal. @default false */
  readonly hasColor?: boolean;
  /** Width of the terminal that text is written for. @default 80 */
  readonly columns?: number | undefined;
  /**
   * The error that ended the run is on standard error, so that text says only what doesn't count because of it.
   * @default false
   */
  readonly isErrorReported?: boolean;
  /** The most bytes of Markdown. @default 1 MiB, the most that GitHub takes as a summary */
  readonly mostBytes?: number;
}

/** One format of a report. The same result gives the same bytes, whenever and wherever it is rendered. */
export type Renderer = (result: BenchResult, options: RenderOptions) => string;
