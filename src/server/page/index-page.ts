import type { ListedExport } from "../../export/catalog.ts";
import { formatCount } from "../../units.ts";

/** The page at `/`: the exports, and links to the service paths. */
export function indexPage(exports: readonly ListedExport[]): string {
  const rows = exports.map(describeExport).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>stream-csv</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid #8884; }
  td.number { text-align: right; font-variant-numeric: tabular-nums; }
</style>
<h1>stream-csv</h1>
<p>Each export is streamed as it is made. Add <code>?delivery=buffered</code> or <code>?delivery=file</code> for the other
two deliveries, <code>rows</code>, <code>columns</code>, <code>dialect</code> and more to shape it.</p>
<table>
<tr><th>Export<th>Columns<th>Source<th>Rows
${rows}
</table>
<p><a href="/exports">/exports</a> · <a href="/transfers">/transfers</a> · <a href="/stats">/stats</a> ·
<a href="/metrics">/metrics</a> · <a href="/readyz">/readyz</a></p>
</html>
`;
}

function describeExport(listed: ListedExport): string {
  const { name } = listed;
  if ("error" in listed)
    return `<tr><td>${escapeHtml(name)}.csv<td colspan="3">${escapeHtml(listed.error.code)}`;
  const { columns, kind, rows } = listed.definition;
  const link = `<a href="/exports/${encodeURIComponent(name)}.csv">${escapeHtml(name)}.csv</a>`;
  const shown = columns.slice(0, 12).map((column) => escapeHtml(column.name));
  const more = columns.length > shown.length ? `, and ${columns.length - shown.length} more` : "";
  const count = rows === null ? "unknown" : formatCount(rows);
  return `<tr><td>${link}<td>${shown.join(", ")}${more}<td>${escapeHtml(kind)}<td class="number">${count}`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
