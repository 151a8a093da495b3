/**
 * A reader of CSV as slow and plain as can be, of characters instead of bytes and with the whole text before it: what the
 * documentation says, and nothing of how `src` does it.
 */
export interface StrictOptions {
  readonly delimiter?: string;
  readonly quote?: string | null;
  readonly header?: boolean;
  readonly nullValue?: string;
  readonly skipRows?: number;
  readonly isTabbed?: boolean;
}

export interface StrictTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Why a text is not a table, and the line that is at fault, if it is a line. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly line: number | undefined;
  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

interface Cell {
  readonly text: string;
  readonly isQuoted: boolean;
}

interface Record {
  readonly cells: readonly Cell[];
  readonly ending: string;
  readonly line: number;
  /** The line in which its ending stands. */
  readonly lastLine: number;
  /** How many characters it takes, its ending included. */
  readonly length: number;
}

export function readStrictly(text: string, options: StrictOptions = {}): StrictTable {
  let rest = text;
  let line = 1;
  for (let index = 0; index < (options.skipRows ?? 0) && rest !== ""; index += 1) {
    const [whole, ending] = /^[^\r\n]*(\r\n|\r|\n|$)/.exec(rest) ?? ["", ""];
    rest = rest.slice(whole.length);
    if (ending !== "") line += 1;
  }
  const quote = options.quote === undefined ? '"' : options.quote;
  let said = options.delimiter ?? (options.isTabbed === true ? "\t" : undefined);
  const passBlankLines = (): void => {
    for (;;) {
      const [blank] = /^(\r\n|\r|\n)/.exec(rest) ?? [];
      if (blank === undefined) return;
      rest = rest.slice(blank.length);
      line += 1;
    }
  };
  let above = { rest, line };
  passBlankLines();
  const separator = /^sep=([^0-9A-Za-z\r\n\0\u007F-\uFFFF])(\r\n|\r|\n|$)/i.exec(rest);
  if (separator !== null && separator[1] !== quote) {
    if (said !== undefined && said !== separator[1]) throw new Refused("sep= contradicts the option");
    said = separator[1];
    rest = rest.slice(separator[0].length);
    line += 1;
    above = { rest, line };
    passBlankLines();
  } else if (/^["']?sep=[^0-9A-Za-z\r\n]*([\r\n]|$)/i.test(rest)) throw new Refused("unclear sep=");
  if (rest === "") throw new Refused("no header");
  const delimiter = said ?? foundDelimiter(rest, quote);
  const hasHeader = options.header ?? true;
  if (!hasHeader && recordsOf(rest, delimiter, quote, line).next().value?.cells.length === 1)
    ({ rest, line } = above);
  const rows: (string | null)[][] = [];
  let header: Record | undefined;
  for (const record of recordsOf(rest, delimiter, quote, line)) {
    const isHeader = header === undefined;
    header ??= record;
    const { cells } = record;
    if (cells.length !== header.cells.length) throw new Refused("ragged", record.line);
    if (record.ending !== "" && record.ending !== header.ending)
      throw new Refused("mixed line endings", record.lastLine);
    if (isHeader && hasHeader) continue;
    rows.push(
      cells.map((cell) => (!cell.isQuoted && cell.text === (options.nullValue ?? "") ? null : cell.text)),
    );
  }
  if (header === undefined) throw new Refused("no header");
  return { columns: numbered(header.cells.map((cell) => (hasHeader ? cell.text : ""))), rows };
}

function foundDelimiter(text: string, quote: string | null): string {
  const usual = [",", ";", "\t", "|"].filter((one) => one !== quote && occurrences(text, one, quote) > 0);
  if (usual.length === 1) return usual[0] ?? "";
  if (usual.length > 1) {
    const fitting = usual.filter((one) => fits(text, one, quote) !== undefined);
    if (fitting.length === 1) return fitting[0] ?? "";
    throw new Refused("several delimiters");
  }
  for (const one of [
    "^",
    "~",
    ":",
    ...Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)),
  ]) {
    if (/[\t\r\n]/.test(one) || one === quote) continue;
    if (occurrences(text, one, quote) > 0 && (fits(text, one, quote) ?? 0) > 0)
      throw new Refused("unusual delimiter");
  }
  return ",";
}

/** How often a delimiter divides the header, as far as that can be read by it. */
function occurrences(text: string, delimiter: string, quote: string | null): number {
  let count = 0;
  try {
    const first = reading(text, delimiter, quote, 1, () => {
      count += 1;
    }).next();
    return first.done === true ? 0 : first.value.cells.length - 1;
  } catch (error) {
    if (error instanceof Refused) return count;
    throw error;
  }
}

/** How many rows have as many cells as the header; undefined if not all have. */
function fits(text: string, delimiter: string, quote: string | null): number | undefined {
  try {
    const [header, ...records] = recordsOf(text, delimiter, quote, 1);
    if (records.some(({ cells }) => cells.length !== header?.cells.length)) return undefined;
    return records.length;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** The records of a text. Blank lines at its end are records only if it has one column. */
function* recordsOf(
  text: string,
  delimiter: string,
  quote: string | null,
  line: number,
): Generator<Record, void, undefined> {
  const end = text.length - (/[\r\n]*$/.exec(text)?.[0].length ?? 0);
  let passed = 0;
  let width: number | undefined;
  for (const record of reading(text, delimiter, quote, line, () => undefined)) {
    width ??= record.cells.length;
    if (width > 1 && passed >= end) return;
    passed += record.length;
    yield record;
  }
}

function* reading(
  text: string,
  delimiter: string,
  quote: string | null,
  firstLine: number,
  onCell: () => void,
): Generator<Record, void, undefined> {
  let rest = text;
  let line = firstLine;
  while (rest !== "") {
    const cells: Cell[] = [];
    const begin = line;
    const lengthBefore = rest.length;
    let ending = "";
    for (;;) {
      if (quote !== null && rest.startsWith(quote)) {
        const opened = line;
        let value = "";
        let at = 1;
        for (;;) {
          const close = rest.indexOf(quote, at);
          if (close < 0) throw new Refused("open quote", opened);
          value += rest.slice(at, close);
          at = close + 1;
          if (rest[at] !== quote) break;
          value += quote;
          at += 1;
        }
        line += (value.match(/\r\n|\r|\n/g) ?? []).length;
        cells.push({ text: value, isQuoted: true });
        rest = rest.slice(at);
        if (rest !== "" && ![delimiter, "\r", "\n"].includes(rest[0] ?? ""))
          throw new Refused("text behind a quote", line);
      } else {
        let at = 0;
        while (at < rest.length && ![delimiter, "\r", "\n"].includes(rest[at] ?? "")) at += 1;
        const value = rest.slice(0, at);
        if (quote !== null && value.replace(/^[ \t]+/, "").startsWith(quote))
          throw new Refused("blanks before a quote", line);
        cells.push({ text: value, isQuoted: false });
        rest = rest.slice(at);
      }
      if (!rest.startsWith(delimiter)) break;
      onCell();
      rest = rest.slice(1);
    }
    const lastLine = line;
    ending = /^(\r\n|\r|\n)/.exec(rest)?.[0] ?? "";
    if (ending !== "") line += 1;
    rest = rest.slice(ending.length);
    yield { cells, ending, line: begin, lastLine, length: lengthBefore - rest.length };
  }
}

function numbered(names: readonly string[]): readonly string[] {
  const taken: string[] = [];
  for (const [place, name] of names.entries()) {
    const base = name === "" ? `column${place}` : name;
    const candidates = [
      base,
      ...names.map((_, index) => `${base}_${index + 1}`),
      `${base}_${names.length + 1}`,
    ];
    const isFree = (one: string): boolean => !taken.includes(one) && (one === name || !names.includes(one));
    taken.push(candidates.find(isFree) ?? "");
  }
  return taken;
}
