import { escapeMarkdown } from "./escape.ts";

/** A part of the text, and what it is called where there is no room for it. */
export interface Part {
  readonly name: string;
  readonly text: string;
}

/** Room for the sentence on what was left out. */
const reservedBytes = 4096;

/** As many parts as there is room for, in their order, and a sentence on those that are missing. */
export function fitParts(parts: readonly Part[], mostBytes: number): string {
  const kept: string[] = [];
  const missing: string[] = [];
  let left = mostBytes - reservedBytes;
  for (const { name, text } of parts) {
    const bytes = Buffer.byteLength(text) + 2;
    if (bytes > left) missing.push(name);
    else {
      kept.push(text);
      left -= bytes;
    }
  }
  if (missing.length > 0) {
    kept.push(
      `Left out because of the size limit: ${missing.map(escapeMarkdown).join(", ")}. The result file has everything.`,
    );
  }
  return `${kept.join("\n\n")}\n`;
}
