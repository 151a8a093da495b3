import { markdownTable } from "markdown-table";
import type { BenchResult } from "../../result/schema.ts";
import { adviceSentences } from "../section/advice.ts";
import { codeText, markdownText } from "./escape.ts";
import type { Renderer } from "../renderer.ts";
import { armTable, checkTable, gateTable, settingTable, subjectText } from "../section/run.ts";
import {
  comparisonTable,
  growthTable,
  hasRepeatedRounds,
  medianTable,
  roundTable,
} from "../section/medians.ts";
import { scenarioViews, type ScenarioView } from "../read/scenario-view.ts";
import { cellText, type ReportTable } from "../model/table.ts";
import { concludeInWords } from "../section/conclusion.ts";
import { versionsText } from "../section/versions-text.ts";

/** GitHub refuses a step's summary above this. */
const mostSummaryBytes = 1024 ** 2;
/** What the sentence on what was left out may need. */
const reservedBytes = 4096;
/** A run gone wrong can warn without end; the result file keeps all of it. */
const mostWarnings = 50;

/** A part of the report, and how it is called when there is no room for it. */
interface Section {
  readonly name: string;
  readonly text: string;
}

/** Markdown as GitHub shows it: the verdict first, a table for each scenario, and what is long folded away. */
export const renderMarkdown: Renderer = (result, { mostBytes = mostSummaryBytes }) =>
  fitted(
    [
      { name: "the verdict", text: headText(result) },
      ...gateSection(result),
      ...scenarioViews(result).map((view) => ({
        name: `scenario ${view.name}`,
        text: scenarioText(result, view),
      })),
      // Before what is folded away, so that its references are the last to lose what they refer to.
      ...warningSection(result),
      { name: "setting", text: settingText(result) },
      ...scenarioViews(result).map((view) => ({
        name: `values of every round of ${view.name}`,
        text: folded(`Values of every round: ${view.name}`, tableText(roundTable(view))),
      })),
    ],
    mostBytes,
  );

function headText(result: BenchResult): string {
  const { title, sentences } = concludeInWords(result);
  const versions = versionsText(result);
  const references = shownWarnings(result)
    .map((_, index) => `[^${index + 1}]`)
    .join("");
  return [
    `## ${markdownText(subjectText(result))}`,
    versions === null ? "" : `_${markdownText(versions)}_`,
    `**${markdownText(title)}**${references}`,
    sentences.map(bullet).join("\n"),
    listText("What it means", adviceSentences(result)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function gateSection(result: BenchResult): readonly Section[] {
  const table = gateTable(result);
  return table === null ? [] : [{ name: "budgets", text: `### ${table.caption}\n\n${tableText(table)}` }];
}

function scenarioText(result: BenchResult, view: ScenarioView): string {
  const growth = view.name === "scaling" ? growthTable(result) : null;
  const table = growth ?? medianTable(view);
  return [
    `### ${markdownText(view.title)}`,
    captioned(table),
    ...(growth === null ? comparedText(view) : []),
  ].join("\n\n");
}

function comparedText(view: ScenarioView): readonly string[] {
  const table = comparisonTable(view);
  if (table === null) return [];
  return [hasRepeatedRounds(view) ? captioned(table) : folded(table.caption, tableText(table))];
}

function captioned(table: ReportTable): string {
  return `${table.caption}:\n\n${tableText(table)}`;
}

function settingText(result: BenchResult): string {
  const tables = [settingTable(result), armTable(result), checkTable(result)];
  return tables
    .flatMap((table) => (table === null ? [] : [folded(table.caption, tableText(table))]))
    .join("\n\n");
}

function warningSection(result: BenchResult): readonly Section[] {
  const shown = shownWarnings(result);
  if (shown.length === 0) return [];
  const more = result.warnings.length - shown.length;
  const notes = shown.map((warning, index) => `[^${index + 1}]: ${markdownText(warning)}`);
  if (more > 0) notes.push(`\nAnd ${more} more warnings, which the result file has.`);
  return [{ name: "warnings", text: notes.join("\n") }];
}

function shownWarnings({ warnings }: BenchResult): readonly string[] {
  return warnings.slice(0, mostWarnings);
}

function tableText({ head, rows, textColumns = [0], note }: ReportTable): string {
  const text = markdownTable(
    [head, ...rows].map((row) => row.map((cell) => markdownText(cellText(cell)))),
    {
      align: head.map((_, index) => (textColumns.includes(index) ? "l" : "r")),
      // Without padding, a long cell doesn't make a whole column long.
      alignDelimiters: false,
    },
  );
  return note === undefined ? text : `${text}\n\n${markdownText(note)}`;
}

function folded(summary: string, body: string): string {
  return `<details><summary>${codeText(summary)}</summary>\n\n${body}\n\n</details>`;
}

function listText(title: string, sentences: readonly string[]): string {
  return sentences.length === 0 ? "" : `### ${title}\n\n${sentences.map(bullet).join("\n")}`;
}

function bullet(sentence: string): string {
  return `- ${markdownText(sentence)}`;
}

/** As many sections as there is room for, in their order, and a sentence on those that are missing. */
function fitted(sections: readonly Section[], mostBytes: number): string {
  const kept: string[] = [];
  const missing: string[] = [];
  let left = mostBytes - reservedBytes;
  for (const { name, text } of sections) {
    const bytes = Buffer.byteLength(text) + 2;
    if (bytes > left) missing.push(name);
    else kept.push(text);
    if (bytes <= left) left -= bytes;
  }
  if (missing.length > 0) {
    kept.push(
      `Left out for want of room: ${missing.map(markdownText).join(", ")}. The result file has them.`,
    );
  }
  return `${kept.join("\n\n")}\n`;
}
