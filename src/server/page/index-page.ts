import type { ListedExport } from "../../export/catalog.ts";
import type { ColumnDescription } from "../../source/source.ts";
import { formatCount } from "../../units.ts";
import { markupText } from "./markup-text.ts";
import type { Caller } from "../access/caller.ts";
import { exportForm } from "./export-form.ts";
import { pageShell, scriptTag } from "./page-shell.ts";

/** A part of the page that not everyone has at every port: the downloads with their jobs, transfers, and workers. */
export type PagePart = "downloads" | "transfers" | "workers";

const workersPart = `<section id="workers-part" aria-labelledby="workers-title" hidden>
<h2 id="workers-title">Workers</h2>
<ul id="workers"></ul>
</section>
`;

const transfersPart = `<section id="live" aria-labelledby="running-title" hidden>
<p id="live-state" role="status"></p>
<h2 id="running-title">Running transfers</h2>
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
 * The page at `/`: each export with its form, and parts that the script fills from `/stats`, `/transfers` and `/jobs`.
 * @param bound parameters that aren't the caller's to give
 */
export function indexPage(
  exports: readonly ListedExport[],
  parts: readonly PagePart[],
  bound: Caller["bound"],
): string {
  const isDownloadable = parts.includes("downloads");
  const hasTransfers = parts.includes("transfers");
  const hasWorkers = parts.includes("workers");
  const paths = [
    "/exports",
    ...(isDownloadable ? ["/jobs"] : []),
    ...(hasTransfers ? ["/transfers"] : []),
    ...(hasWorkers ? ["/stats", "/metrics"] : []),
    "/readyz",
  ];
  const articles = exports.map((listed) => describeExport(listed, isDownloadable, bound));
  return pageShell({
    title: "stream-csv",
    head: scriptTag,
    body: `<header>
<h1 tabindex="-1">stream-csv</h1>
<nav aria-label="Data">${paths.map((path) => `<a href=".${path}">${path}</a>`).join(" ")}</nav>
<button type="button" id="sign-out" hidden>Sign out</button>
</header>
<main>
<p id="page-state" class="fault" role="alert"></p>
${hasWorkers ? workersPart : ""}${hasTransfers ? transfersPart : ""}${isDownloadable ? jobsPart : ""}<section aria-labelledby="exports-title">
<h2 id="exports-title">Exports</h2>
${articles.length === 0 ? "<p>There is no export for you here.</p>" : articles.join("\n")}
</section>
</main>
<dialog id="answer" aria-labelledby="answer-title">
<h2 id="answer-title"></h2>
<pre tabindex="0" aria-labelledby="answer-title"></pre>
<p><button type="button">Close</button></p>
</dialog>`,
  });
}

function describeExport(listed: ListedExport, isDownloadable: boolean, bound: Caller["bound"]): string {
  const title = `<h3>${markupText(listed.name)}</h3>`;
  if ("error" in listed)
    return `<article>${title}<p class="fault">This export can't be read: ${markupText(listed.error.code)}</p></article>`;
  const { name, description, columns, kind, rows, parameters } = listed.definition;
  const needsValue = parameters.some(
    (each) => each.default === null && !each.optional && !bound.has(each.name),
  );
  const link = `<a href="./exports/${encodeURIComponent(name)}.csv" download>${markupText(name)}.csv</a>`;
  return `<article>${title}
${description === null ? "" : `<p>${markupText(description)}</p>`}
<p class="facts">${markupText(kind)} · ${rows === null ? "number of rows unknown" : `${formatCount(rows)} rows`}${needsValue || !isDownloadable ? "" : ` · ${link}`}</p>
<p class="facts">${columns === null ? "The rows tell the columns." : columnNames(columns)}</p>
${isDownloadable ? exportForm(listed.definition, bound) : ""}
</article>`;
}

/** The names of the first columns, and how many more there are. */
function columnNames(columns: readonly ColumnDescription[]): string {
  const shown = columns.slice(0, 12).map((column) => markupText(column.name));
  const more = columns.length > shown.length ? `, and ${columns.length - shown.length} more` : "";
  return `${shown.join(", ")}${more}`;
}
