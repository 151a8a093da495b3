import type { BenchResult } from "../result/schema.ts";

/** How a report is to look. */
export interface RenderOptions {
  /** Whether text may have the colours of a terminal. @default false */
  readonly hasColor?: boolean;
  /** Width of the terminal that text is for. @default 100 */
  readonly columns?: number | undefined;
  /** What Markdown must not exceed, in bytes. @default 1 MiB, the most that GitHub takes as a summary */
  readonly mostBytes?: number;
}

/** One format of a report: the same bytes for the same result, whenever and wherever it is rendered. */
export type Renderer = (result: BenchResult, options: RenderOptions) => string;
