import { buildReport } from "../build-report.ts";
import { figureLines } from "../figure-lines.ts";
import { leadText } from "../lead-text.ts";
import type { Report, Section } from "../model/report.ts";
import type { Renderer } from "../renderer.ts";
import { escapeHtml, escapeMarkdown } from "./escape.ts";
import { fitParts, type Part } from "./fit-parts.ts";
import { foldedTable, referenceTo, markdownTable } from "./table.ts";

/** GitHub refuses a step's summary above this. */
const mostSummaryBytes = 1024 ** 2;
/** A failing run can warn without end; the result file keeps all warnings. */
const mostFootnotes = 50;
/** GitHub shows about so many letters of a fixed-width font beside each other without scrolling. */
const figuresWidth = 80;

/**
 * Markdown as GitHub shows it: the verdict first, a few numbers, the tables of each scenario, and what is long folded away.
 */
export const renderMarkdown: Renderer = (result, { mostBytes = mostSummaryBytes }) => {
  const report = buildReport(result);
  return fitParts(
    [
      { name: "the verdict", text: headText(report) },
      ...glancePart(report),
      ...report.sections.flatMap(shownPart),
      // Before the details, so that the references to footnotes are the last to lose them.
      ...footnotePart(report),
      // How was measured comes first, since it is short.
      ...report.sections.filter(({ kind }) => kind === "run").flatMap(detailParts),
      ...report.sections.filter(({ kind }) => kind !== "run").flatMap(detailParts),
    ],
    mostBytes,
  );
};

function headText({ title, versions, circumstances, conclusion, footnotes }: Report): string {
  const references = shown(footnotes)
    .map((_, index) => referenceTo(index + 1))
    .join("");
  return [
    `## ${escapeMarkdown(title)}`,
    ...(versions === null ? [] : [`_${escapeMarkdown(versions)}_`]),
    escapeMarkdown(circumstances),
    `**${escapeMarkdown(conclusion.title)}**${references}`,
    ...listText(conclusion.sentences),
  ].join("\n\n");
}

/** The numbers that a report begins with, as bars of a fixed-width font. */
function glancePart({ glance }: Report): readonly Part[] {
  if (glance === null) return [];
  const drawn = figureLines(glance.figures, figuresWidth);
  const texts = glance.figures.map((figure, index) =>
    [
      escapePre(`${figure.title}: ${leadText(figure)}`),
      // Escaped text is trimmed, and bars begin below each other.
      ...(drawn[index] ?? []).map((line) => `  ${escapePre(line)}`),
    ].join("\n"),
  );
  return [{ name: "the numbers at a glance", text: `<pre>\n${texts.join("\n\n")}\n</pre>` }];
}

/** Where an HTML block isn't kept as it is, a bracket would begin a link. */
function escapePre(text: string): string {
  return escapeHtml(text).replaceAll("[", "&#91;").replaceAll("]", "&#93;");
}

/** What of a section is always seen. What was drawn has its numbers among the details. */
function shownPart({ name, heading, sentences = [], tables = [], notes = [] }: Section): readonly Part[] {
  const texts = [...listText(sentences), ...tables.map(markdownTable), ...notes.map(escapeMarkdown)];
  return texts.length === 0
    ? []
    : [{ name, text: [`### ${escapeMarkdown(heading)}`, ...texts].join("\n\n") }];
}

function detailParts({ kind, name, details = [], charts = [] }: Section): readonly Part[] {
  const tables = [...details, ...charts.flatMap(({ numbers }) => numbers ?? [])];
  return tables.map((table) => {
    const caption = table.caption ?? "Table";
    const summary = kind === "scenario" ? `${caption}: ${name}` : caption;
    return { name: summary, text: foldedTable(table, summary) };
  });
}

function footnotePart({ footnotes }: Report): readonly Part[] {
  if (footnotes.length === 0) return [];
  const notes = shown(footnotes).map(
    (warning, index) => `${referenceTo(index + 1)}: ${escapeMarkdown(warning)}`,
  );
  const more = footnotes.length - notes.length;
  if (more > 0) notes.push(`\nThe result file has ${more} more warnings.`);
  return [{ name: "warnings", text: notes.join("\n") }];
}

function shown(footnotes: readonly string[]): readonly string[] {
  return footnotes.slice(0, mostFootnotes);
}

function listText(sentences: readonly string[]): readonly string[] {
  if (sentences.length === 0) return [];
  return [sentences.map((sentence) => `- ${escapeMarkdown(sentence)}`).join("\n")];
}
