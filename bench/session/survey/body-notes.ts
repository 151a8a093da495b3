import { formatCount, formatCountOf, formatSeconds } from "../../../src/ground.ts";
import type { UnevenRecord } from "../../load/record-counter.ts";
import type { BodyFindings } from "./check-integrity.ts";

/** A server that keeps what it answered is measured by what it kept, because each is asked before it is timed. */
export function keptNotes(name: string, first: BodyFindings, again: BodyFindings): readonly string[] {
  const isKept = first.seconds - again.seconds >= keptSeconds && first.seconds >= keptFactor * again.seconds;
  return isKept
    ? [
        `${name} gave its first export in ${formatSeconds(first.seconds)}, and the same again in ${formatSeconds(again.seconds)}: if it keeps answers, as a cache does, kept ones are measured.`,
      ]
    : [];
}

/** A first export is slower everywhere, because no code is compiled yet, but not by so much. */
const keptSeconds = 0.2;
const keptFactor = 5;

/** What limits what can be said of a body. */
export function bodyNotes(
  name: string,
  { endedWithConnection, quoting, equality, columns, uneven }: BodyFindings,
): readonly string[] {
  return [
    ...(endedWithConnection
      ? [
          `Bodies of ${name} end with the connection, where a cut looks like an end: ${equality === "rows" ? "rows and columns" : "bytes and rows"} of each have to be those of the first.`,
        ]
      : []),
    ...(quoting === "backslash"
      ? [`${name} escapes quotes by backslashes, not as RFC 4180 does; its rows are counted so.`]
      : []),
    ...(quoting === "apostrophe"
      ? [`${name} quotes cells by apostrophes, not as RFC 4180 does; its rows are counted so.`]
      : []),
    ...(quoting === "escaped"
      ? [
          `${name} has backslashes before line breaks in cells, not quotes as RFC 4180; its rows are counted so.`,
        ]
      : []),
    ...(quoting === "none"
      ? [`${name} doesn't quote as RFC 4180 does; each of its lines is counted as a row.`]
      : []),
    ...(uneven === null ? [] : [unevenText(name, uneven, columns)]),
    ...(equality === "rows"
      ? [`Of ${name} rows and columns are compared, not bytes (--integrity rows).`]
      : []),
  ];
}

/** Which record of a body has another number of cells than the first. */
export function unevenText(name: string, { record, cells }: UnevenRecord, columns: number): string {
  return `Record ${formatCount(record)} of ${name} has ${formatCountOf(cells, "cell")}, and the first has ${formatCount(columns)}: an error message may stand among its rows, or their end may be missing.`;
}
