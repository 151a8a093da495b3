const lineEnding = /^(?:\r\n|\n|\r)$/;

/**
 * Parses one CSV row (RFC 4180), such as `id,"total, net"`, into its cells. A line ending after it is ignored. Query
 * strings and flags name columns in this form. Time is linear in the text.
 * @throws RangeError for an unclosed quote, a quote inside an unquoted cell, text after a quoted cell, or a second row
 */
export function readCsvRow(text: string): readonly string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const cell = text[at] === '"' ? quotedCell(text, at) : bareCell(text, at);
    cells.push(cell.value);
    at = cell.end;
    if (text[at] !== ",") break;
    at += 1;
  }
  const rest = text.slice(at);
  if (rest === "" || lineEnding.test(rest)) return cells;
  throw new RangeError(
    rest.startsWith("\r") || rest.startsWith("\n")
      ? "it has a second row"
      : `${JSON.stringify(rest)} follows the end of a cell`,
  );
}

/** Writes one cell as a CSV row, which {@link readCsvRow} reads as that cell. */
export function csvRowOf(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

interface Cell {
  readonly value: string;
  /** Where the text after the cell begins. */
  readonly end: number;
}

function bareCell(text: string, start: number): Cell {
  let end = start;
  while (end < text.length && !/[",\r\n]/.test(text[end] ?? "")) end += 1;
  return { value: text.slice(start, end), end };
}

function quotedCell(text: string, start: number): Cell {
  const parts: string[] = [];
  let from = start + 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] !== '"') continue;
    parts.push(text.slice(from, at));
    if (text[at + 1] !== '"') return { value: parts.join(""), end: at + 1 };
    at += 1;
    from = at;
  }
  throw new RangeError("a quote is not closed");
}
