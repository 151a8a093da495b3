import type { Readable } from "node:stream";

const keptLines = 10;
/** A message quotes lines; one of a megabyte, such as a query with its values, would hide the others. */
const keptCharacters = 500;
const lineEnd = /\r\n|[\r\n]/;

/**
 * Reads streams to their ends, because a full pipe would stop who writes, and keeps the last lines of them all that aren't
 * blank, each up to 500 characters. A last line without its end counts as well, since many programs end with one. Lines may be
 * as long as they like, and need no end at all: memory is constant.
 */
export function lastLinesOf(...streams: readonly Readable[]): () => readonly string[] {
  const lines: string[] = [];
  const begun = streams.map(() => "");
  const keep = (line: string): void => {
    if (line.trim() === "") return;
    lines.push(shown(line));
    if (lines.length > keptLines) lines.shift();
  };
  for (const [index, stream] of streams.entries()) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      for (const [at, part] of text.split(lineEnd).entries()) {
        if (at > 0) {
          keep(begun[index] ?? "");
          begun[index] = "";
        }
        const line = begun[index] ?? "";
        // One more than is kept shows that the line goes on.
        begun[index] = line + part.slice(0, keptCharacters + 1 - line.length);
      }
    });
  }
  return () => [...lines, ...begun.filter((line) => line.trim() !== "").map(shown)].slice(-keptLines);
}

function shown(line: string): string {
  return line.length > keptCharacters ? `${line.slice(0, keptCharacters)}…` : line;
}
