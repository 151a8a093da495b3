import { shownCell } from "../../../bench/report/shown-cell.ts";
import type { Report } from "../../../bench/report/model/report.ts";
import type { Table } from "../../../bench/report/model/table.ts";

/** A table as its texts: the titles of its columns, and then its rows. */
export type TableTexts = readonly (readonly string[])[];

/** The texts of a table of the model, in which Markdown and HTML replace what they can't show. */
export function textsOf({ columns, rows }: Table): TableTexts {
  return [columns.map(({ title }) => title), ...rows.map((row) => row.map(shownCell))].map((texts) =>
    texts.map(visible),
  );
}

/** Every table that a report has, shown or folded away. */
export function tablesOf({ sections }: Report): readonly Table[] {
  return sections.flatMap(({ tables = [], charts = [], details = [] }) => [
    ...tables,
    ...charts.flatMap(({ numbers }) => numbers ?? []),
    ...details,
  ]);
}

/** The tables of a Markdown text, as a reader sees them. */
export function readMarkdownTables(text: string): readonly TableTexts[] {
  const blocks = text.split("\n\n").filter((block) => block.startsWith("| "));
  return blocks.map((block) =>
    block
      .split("\n")
      .filter((_, index) => index !== 1)
      .map((line) =>
        line
          .slice(2, -2)
          .split(/(?<!\\) \| /)
          .map((cell) => visible(unescaped(cell.replaceAll(/(?<!\\)\[\^\d+\]/g, "")))),
      ),
  );
}

/** The tables of a page, as a reader sees them. */
export function readHtmlTables(page: string): readonly TableTexts[] {
  return [...page.matchAll(/<table>(.*?)<\/table>/gs)].map(([, table = ""]) =>
    [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
      [...row.matchAll(/<(t[hd])\b[^>]*>(.*?)<\/\1>/gs)].map(([, , cell = ""]) =>
        visible(entitiesRead(cell.replaceAll(/<sup>.*?<\/sup>|<[^>]*>/g, ""))),
      ),
    ),
  );
}

function unescaped(text: string): string {
  return entitiesRead(text.replaceAll(/\\([\\`*_{}[\]#|~])/g, "$1"));
}

function entitiesRead(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

/** Control characters are a space in Markdown and a replacement character in HTML; here they are both nothing. */
function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\uFFFD\s]+/gu, " ").trim();
}
