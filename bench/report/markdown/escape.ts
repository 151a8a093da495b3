import { oneLine } from "../plain-text.ts";

/** Text as Markdown that shows it as it is, in one line, also within a table. */
export function markdownText(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_{}[\]#|~]/g, String.raw`\$&`)
    .replaceAll(/[&<>]/g, (character) => entities[character] ?? character);
}

/** Text within an HTML tag of Markdown. */
export function codeText(text: string): string {
  return oneLine(text).replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
