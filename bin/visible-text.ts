/** Text on one line on which a terminal doesn't act: its control characters, but for tabs, are written as in JSON. */
export function visibleLine(text: string): string {
  return text.replaceAll(
    /(?!\t)\p{Cc}/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The same for text of several lines: names of columns, tables and files may come from anybody. */
export function visibleText(text: string): string {
  return text.split("\n").map(visibleLine).join("\n");
}
