import type { BuiltFile } from "./spool-file.ts";

/** Parses a sidecar; undefined if it is incomplete, as after a crash. */
export function parseSidecar(text: string): BuiltFile | undefined {
  const match = /^(\d+) bytes, (\d+) rows, (\d+) guarded cells, sha256 ([0-9a-f]{64})\n$/.exec(text);
  if (match === null) return undefined;
  return {
    bytes: Number(match[1]),
    rows: Number(match[2]),
    guardedCells: Number(match[3]),
    sha256: match[4] ?? "",
  };
}

/** The text of a file's sidecar. */
export function formatSidecar({ bytes, rows, guardedCells, sha256 }: BuiltFile): string {
  return `${bytes} bytes, ${rows} rows, ${guardedCells} guarded cells, sha256 ${sha256}\n`;
}
