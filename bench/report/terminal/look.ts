import type picocolors from "picocolors";
import { formatCount } from "../../../src/internal.ts";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** In which colours and how wide a report is written. */
export interface Look {
  readonly colors: Colors;
  readonly width: number;
}

/** Breaks a sentence at spaces, with what follows indented. */
export function wrapped(text: string, width: number, indent = "  "): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent.slice(1);
      line = indent === "" ? word : `${line} ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
