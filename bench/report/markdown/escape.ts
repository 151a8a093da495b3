import { oneLine } from "../plain-text.ts";

/** Text as Markdown that shows it as it is, on one line, also within a table. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_{}[\]#|~]/g, String.raw`\$&`)
    .replaceAll(/[&<>]/g, (character) => entities[character] ?? character);
}

/** Text within an HTML element of Markdown. */
export function escapeHtml(text: string): string {
  return oneLine(text).replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
