import { markupText } from "./markup-text.ts";

/**
 * The frame of every page: no inline script and no inline style, so that a strict Content-Security-Policy allows all of it. All of a
 * page's own addresses are relative, so that it works behind a proxy that serves it under another path.
 */
export function pageShell({ title, root = "./", head = "", body }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${markupText(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}page.css">
${head}</head>
<body>
${body}
</body>
</html>
`;
}

interface PageContent {
  readonly title: string;
  /** The way from the page to the root of the server. @default that of the page at `/` */
  readonly root?: string;
  /** Markup at the end of the head. */
  readonly head?: string;
  readonly body: string;
}

/** The head of a page with script, at `/`. */
export const scriptTag = `<script src="./page.js" defer></script>\n`;
