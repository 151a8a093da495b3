import { markupText } from "./markup-text.ts";

/** The frame of every page: no inline script and no inline style, so that a strict Content-Security-Policy allows all of it. */
export function pageShell({ title, head = "", body }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${markupText(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
${head}</head>
<body>
${body}
</body>
</html>
`;
}

interface PageContent {
  readonly title: string;
  /** Markup at the end of the head. */
  readonly head?: string;
  readonly body: string;
}

/** The head of a page with script. */
export const scriptTag = `<script src="/page.js" defer></script>\n`;
