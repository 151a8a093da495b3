import { safeParse } from "valibot";
import { resultSchema } from "../result/schema.ts";
import type { Renderer } from "./renderer.ts";

/** The result file itself, its fields in the order of the format and indented by two spaces. */
export const renderJson: Renderer = (result) => {
  // A result that breaks the format is still written, because one bad field isn't worth losing minutes of measurement.
  const { success, output } = safeParse(resultSchema, result);
  return `${JSON.stringify(success ? output : result, null, 2)}\n`;
};
