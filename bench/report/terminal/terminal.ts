import picocolors from "picocolors";
import type { BenchResult } from "../../result/result.ts";
import { buildReport, type ReportOptions } from "../build-report.ts";
import { figureLines } from "../figure-lines.ts";
import type { Conclusion, Report, Section } from "../model/report.ts";
import { leadText } from "../lead-text.ts";
import { withPlainTexts } from "../plain-text.ts";
import type { Renderer } from "../renderer.ts";
import type { Colors, Look } from "./look.ts";
import { superscript, tableText } from "./table.ts";
import { wrap } from "./wrap.ts";

/** How a report is to look. */
export interface TerminalReportOptions extends ReportOptions {
  readonly hasColor: boolean;
  /**
   * Width of the terminal.
   * @default 80
   */
  readonly columns?: number;
}

const usualWidth = 80;
const narrowest = 40;
/** Wider lines are hard to read. */
const widestText = 100;

/** Text for a terminal. */
export const renderText: Renderer = (result, { hasColor = false, columns, isErrorReported = false }) =>
  terminalReport(result, { hasColor, isErrorReported, ...(columns === undefined ? {} : { columns }) });

/**
 * A result as text for a person, in the order of all reports. Its last line repeats the verdict, since the end of a text is
 * what a terminal still shows. Lines keep within the width as far as a table of two columns does; a table that is wider is
 * split.
 */
export function terminalReport(
  result: BenchResult,
  { hasColor, columns, ...options }: TerminalReportOptions,
): string {
  const report = withPlainTexts(buildReport(result, options));
  const look = lookOf(hasColor, columns);
  return [
    headText(report, look),
    ...glanceText(report, look),
    conclusionText(report.conclusion, look),
    ...report.sections.flatMap((section) => sectionText(section, look)),
    ...footnoteText(report, look),
    verdictLine(result.verdict, report.conclusion, look.colors),
  ]
    .join("\n\n")
    .concat("\n");
}

/** The look of a text for a terminal of so many columns. */
export function lookOf(hasColor: boolean, columns: number = usualWidth): Look {
  return { colors: picocolors.createColors(hasColor), width: Math.max(narrowest, columns) };
}

function headText({ title, versions, circumstances }: Report, { colors, width }: Look): string {
  return [
    colors.bold(wrap(title, width, "")),
    ...(versions === null ? [] : [wrap(versions, width, "")]),
    colors.dim(wrap(circumstances, width, "")),
  ].join("\n");
}

/** The numbers that a report begins with, as bars; without bars below each other when there is one arm. */
function glanceText({ glance }: Report, { colors, width }: Look): readonly string[] {
  if (glance === null) return [];
  const drawn = figureLines(glance.figures, Math.min(width, widestText));
  const texts = glance.figures.map((figure, index) => {
    const title = wrap(`${figure.title}: ${leadText(figure)}`, width);
    return [colors.bold(title), ...(drawn[index] ?? [])].join("\n");
  });
  return [texts.join(drawn.some((lines) => lines.length > 0) ? "\n\n" : "\n")];
}

function sectionText(section: Section, look: Look): readonly string[] {
  const { heading, sentences = [], tables = [], notes = [] } = section;
  const { colors, width } = look;
  const texts = [
    ...listText(sentences, look),
    ...tables.map((table) => tableText(table, look)),
    ...notes.map((note) => colors.dim(wrap(note, width, ""))),
  ];
  return texts.length === 0 ? [] : [`${colors.bold(heading)}\n${texts.join("\n\n")}`];
}

function footnoteText({ footnotes }: Report, { colors, width }: Look): readonly string[] {
  if (footnotes.length === 0) return [];
  const notes = footnotes.map((text, index) => wrap(`${superscript(index + 1)} ${text}`, width));
  return [[colors.bold("Notes"), ...notes].join("\n")];
}

function conclusionText({ tone, title, sentences }: Conclusion, look: Look): string {
  const { colors, width } = look;
  return [painterOfTone(tone, colors)(wrap(`${title}.`, width)), ...listText(sentences, look)].join("\n");
}

function verdictLine(verdict: string, { tone }: Conclusion, colors: Colors): string {
  return `Verdict: ${painterOfTone(tone, colors)(verdict)}`;
}

function painterOfTone(tone: Conclusion["tone"], colors: Colors): (text: string) => string {
  return { good: colors.green, bad: colors.red, doubt: colors.yellow, neutral: colors.bold }[tone];
}

function listText(sentences: readonly string[], { width }: Look): readonly string[] {
  return sentences.length === 0 ? [] : [sentences.map((sentence) => wrap(`• ${sentence}`, width)).join("\n")];
}
