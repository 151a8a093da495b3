import type { BenchResult } from "../result/result.ts";
import type { Renderer, RenderOptions } from "./renderer.ts";

/** Every format by its name; its module is loaded when a report in it is asked for. */
export const renderers = {
  text: async () => (await import("./terminal/terminal.ts")).renderText,
  markdown: async () => (await import("./markdown/markdown.ts")).renderMarkdown,
  html: async () => (await import("./html/page.ts")).renderHtml,
  json: async () => (await import("./json.ts")).renderJson,
  csv: async () => (await import("./csv.ts")).renderCsv,
  junit: async () => (await import("./junit.ts")).renderJunit,
} as const satisfies Readonly<Record<string, () => Promise<Renderer>>>;

export type ReportFormat = keyof typeof renderers;

/** The report of a result in one of the formats. */
export async function renderReport(
  format: ReportFormat,
  result: BenchResult,
  options: RenderOptions = {},
): Promise<string> {
  const render: Renderer = await renderers[format]();
  return render(result, options);
}
