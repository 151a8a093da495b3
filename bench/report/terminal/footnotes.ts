import type { BenchResult } from "../../result/schema.ts";
import { wrapped, type Look } from "./look.ts";

/** Warnings, numbered as the tables' heads refer to them. */
export function footnotes({ warnings }: BenchResult, { width }: Look): string {
  return warnings.map((warning, index) => wrapped(`${superscript(index + 1)} ${warning}`, width)).join("\n");
}

/** The footnotes that begin with the name of an arm. */
export function marksOf({ warnings }: BenchResult, arm: string): string {
  const marks = warnings.flatMap((warning, index) =>
    warning.startsWith(`${arm} `) ? [superscript(index + 1)] : [],
  );
  return marks.length === 0 ? "" : ` ${marks.join(",")}`;
}

function superscript(count: number): string {
  return String(count).replaceAll(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? digit);
}
