import { markupText } from "./markup-text.ts";
import { pageShell } from "./page-shell.ts";

/** The page that leads to a file elsewhere, where a redirect can't: at `/download/jobs/ID.csv`. */
export function redirectPage(url: string): string {
  return pageShell({
    title: "Download · stream-csv",
    root: "../../",
    head: `<meta http-equiv="refresh" content="0; url=${markupText(url)}">\n`,
    body: `<main>
<h1>Your download starts</h1>
<p>If it doesn't, <a href="${markupText(url)}" rel="noreferrer">start it here</a>. You can close this page then.</p>
</main>`,
  });
}
