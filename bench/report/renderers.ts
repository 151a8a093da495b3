import type { BenchResult } from "../result/schema.ts";
import type { Renderer, RenderOptions } from "./renderer.ts";

/** Every format by its name. A renderer is loaded when it is asked for: the charts of HTML alone cost 0.4 s of CPU time. */
export const renderers = {
  text: async () => (await import("./text.ts")).renderText,
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
