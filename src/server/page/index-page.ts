import { createHash } from "node:crypto";
import type { ListedExport } from "../../export/catalog.ts";
import { formatCount } from "../../units.ts";

/** A part of the page that not every port has: the downloads, and what is live. */
export type PagePart = "downloads" | "live";

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid #8884; }
  td.number { text-align: right; font-variant-numeric: tabular-nums; }
`;

/**
 * The headers of the page: a browser runs nothing in it, loads nothing for it, shows it in no frame, and tells no other site
 * its address.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

/** The page at `/`: the exports, and links to the service paths. */
export function indexPage(exports: readonly ListedExport[], parts: readonly PagePart[]): string {
  const rows = exports.map((listed) => describeExport(listed, parts.includes("downloads"))).join("\n");
  const paths = [
    "/exports",
    ...(parts.includes("live") ? ["/transfers", "/stats", "/metrics"] : []),
    "/readyz",
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>stream-csv</title>
<style>${style}</style>
<h1>stream-csv</h1>
<p>Each export is streamed as it is made. Add <code>?delivery=buffered</code> or <code>?delivery=file</code> for the other
two deliveries, <code>rows</code>, <code>columns</code>, <code>dialect</code> and more to shape it.</p>
<table>
<tr><th>Export<th>Columns<th>Source<th>Rows
${rows}
</table>
<p>${paths.map((path) => `<a href="${path}">${path}</a>`).join(" · ")}</p>
</html>
`;
}

function describeExport(listed: ListedExport, isDownloadable: boolean): string {
  const { name } = listed;
  if ("error" in listed)
    return `<tr><td>${escapeHtml(name)}.csv<td colspan="3">${escapeHtml(listed.error.code)}`;
  const { columns, kind, rows } = listed.definition;
  const file = `${escapeHtml(name)}.csv`;
  const link = isDownloadable ? `<a href="/exports/${encodeURIComponent(name)}.csv">${file}</a>` : file;
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
