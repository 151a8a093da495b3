import type { ListedExport } from "../../export/catalog.ts";
import { formatCount } from "../../units.ts";
import { markupText } from "./markup-text.ts";
import { exportForm } from "./export-form.ts";

/** A part of the page that not every port has: the downloads, and what is live. */
export type PagePart = "downloads" | "live";

/**
 * The headers of the page: a browser runs, loads and asks nothing but what this server has, shows the page in no frame, and tells
 * no other site its address.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

const livePart = `<section id="live" aria-labelledby="live-title" hidden>
<h2 id="live-title">Workers</h2>
<p id="live-state" role="status"></p>
<ul id="workers"></ul>
<h2>Running transfers</h2>
<ul id="running" class="transfers"></ul>
<h2>Ended transfers</h2>
<ul id="ended" class="transfers"></ul>
</section>
`;

const jobsPart = `<section id="jobs" aria-labelledby="jobs-title" hidden>
<h2 id="jobs-title">Jobs</h2>
<p id="jobs-state" role="status"></p>
<ul id="job-list" class="transfers"></ul>
</section>
`;

/**
 * The page at `/`: each export with its form, and a live part that the script fills from `/stats`, `/transfers` and `/jobs`. It has
 * no inline script and no inline style, so that a strict Content-Security-Policy allows all of it.
 */
export function indexPage(exports: readonly ListedExport[], parts: readonly PagePart[]): string {
  const isLive = parts.includes("live");
  const isDownloadable = parts.includes("downloads");
  const paths = [
    "/exports",
    ...(isDownloadable ? ["/jobs"] : []),
    ...(isLive ? ["/transfers", "/stats", "/metrics"] : []),
    "/readyz",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>stream-csv</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header>
<h1>stream-csv</h1>
<nav>${paths.map((path) => `<a href="${path}">${path}</a>`).join(" ")}</nav>
</header>
<main>
${isLive ? livePart : ""}${isDownloadable ? jobsPart : ""}<section aria-labelledby="exports-title">
<h2 id="exports-title">Exports</h2>
${exports.map((listed) => describeExport(listed, isDownloadable)).join("\n")}
</section>
</main>
</body>
</html>
`;
}

function describeExport(listed: ListedExport, isDownloadable: boolean): string {
  const title = `<h3>${markupText(listed.name)}</h3>`;
  if ("error" in listed)
    return `<article>${title}<p class="fault">This export can't be read: ${markupText(listed.error.code)}</p></article>`;
  const { name, description, columns, columnsByRows, kind, rows, parameters } = listed.definition;
  const needsValue = parameters.some((each) => each.default === null && !each.optional);
  const link = `<a href="/exports/${encodeURIComponent(name)}.csv" download>${markupText(name)}.csv</a>`;
  const shown = columns.slice(0, 12).map((column) => markupText(column.name));
  const more = columns.length > shown.length ? `, and ${columns.length - shown.length} more` : "";
  return `<article>${title}
${description === null ? "" : `<p>${markupText(description)}</p>`}
<p class="facts">${markupText(kind)} · ${rows === null ? "number of rows unknown" : `${formatCount(rows)} rows`}${needsValue || !isDownloadable ? "" : ` · ${link}`}</p>
<p class="facts">${columnsByRows ? "The rows tell the columns." : `${shown.join(", ")}${more}`}</p>
${isDownloadable ? exportForm(listed.definition) : ""}
</article>`;
}
