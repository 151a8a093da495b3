import stringWidth from "string-width";

/**
 * Breaks a sentence at spaces, but not before a percent sign, and indents the lines after the first. A word that is longer
 * than a line is broken between letters.
 */
export function wrap(text: string, width: number, indent = "  "): string {
  const lines: string[] = [];
  let line = "";
  const words = text.split(/ (?!%)/).flatMap((word) => piecesOf(word, width - indent.length));
  for (const word of words) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line.trim() !== "" && stringWidth(longer) > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}

function piecesOf(word: string, width: number): readonly string[] {
  if (stringWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = "";
  for (const { segment } of new Intl.Segmenter("en").segment(word)) {
    if (piece !== "" && stringWidth(piece + segment) > width) {
      pieces.push(piece);
      piece = "";
    }
    piece += segment;
  }
  return [...pieces, piece];
}
