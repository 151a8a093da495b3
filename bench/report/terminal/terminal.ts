import picocolors from "picocolors";
import type { BenchResult } from "../../result/schema.ts";
import { buildReport } from "../build-report.ts";
import type { Report, Section } from "../model/report.ts";
import { withPlainTexts } from "../plain-text.ts";
import type { Renderer } from "../renderer.ts";
import type { Look } from "./look.ts";
import { superscript, tableText } from "./table.ts";
import { wrap } from "./wrap.ts";

/** How a report is to look. */
export interface TerminalReportOptions {
  readonly hasColor: boolean;
  /**
   * Width of the terminal.
   * @default 100
   */
  readonly columns?: number;
}

const usualWidth = 100;
const narrowest = 40;

/** Text for a terminal. */
export const renderText: Renderer = (result, { hasColor = false, columns }) =>
  terminalReport(result, { hasColor, ...(columns === undefined ? {} : { columns }) });

/**
 * A result as text for a person. The verdict comes last, since the end of a text is what a terminal still shows. Lines
 * keep within the width as far as a table of two columns does; a table that is wider is split.
 */
export function terminalReport(result: BenchResult, { hasColor, columns }: TerminalReportOptions): string {
  const report = withPlainTexts(buildReport(result));
  const look: Look = {
    colors: picocolors.createColors(hasColor),
    width: Math.max(narrowest, columns ?? usualWidth),
  };
  const ofKind = (kind: Section["kind"]): readonly string[] =>
    report.sections.flatMap((section) => (section.kind === kind ? sectionText(section, look) : []));
  return [
    headText(report, look),
    ...ofKind("scenario"),
    ...ofKind("finding"),
    ...footnoteText(report, look),
    conclusionText(report, look),
  ]
    .join("\n\n")
    .concat("\n");
}

function headText({ title, versions, circumstances }: Report, { colors, width }: Look): string {
  return [
    colors.bold(wrap(title, width, "")),
    ...(versions === null ? [] : [wrap(versions, width, "")]),
    colors.dim(wrap(circumstances, width, "")),
  ].join("\n");
}

function sectionText({ heading, sentences = [], tables = [] }: Section, look: Look): readonly string[] {
  const texts = [...listText(sentences, look), ...tables.map((table) => tableText(table, look))];
  return texts.length === 0 ? [] : [`${look.colors.bold(heading)}\n${texts.join("\n\n")}`];
}

function footnoteText({ footnotes }: Report, { width }: Look): readonly string[] {
  if (footnotes.length === 0) return [];
  return [footnotes.map((text, index) => wrap(`${superscript(index + 1)} ${text}`, width)).join("\n")];
}

function conclusionText({ conclusion }: Report, look: Look): string {
  const { tone, title, sentences } = conclusion;
  const { colors, width } = look;
  const paint = { good: colors.green, bad: colors.red, doubt: colors.yellow, neutral: colors.bold }[tone];
  return [paint(wrap(`${title}.`, width)), ...listText(sentences, look)].join("\n");
}

function listText(sentences: readonly string[], { width }: Look): readonly string[] {
  return sentences.length === 0 ? [] : [sentences.map((sentence) => wrap(`• ${sentence}`, width)).join("\n")];
}
