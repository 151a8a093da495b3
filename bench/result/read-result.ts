import { readFile } from "node:fs/promises";
import { getDotPath, safeParse, type BaseIssue } from "valibot";
import { StreamCsvError, messageOf } from "../../src/ground.ts";
import { resultFormat, type BenchResult } from "./result.ts";
import { resultSchema } from "./schema.ts";

/** More would hide the first one, which is often the cause of the others. */
const mostFaults = 5;

/**
 * Reads a result file, and refuses one that does not match the format. Fields that the format doesn't know are ignored,
 * because a newer version of the tool may have written them.
 * @throws StreamCsvError `SCSV_BAD_RESULT` that names the file, the place in it and what is wrong there
 */
export async function readResultFile(path: string): Promise<BenchResult> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new StreamCsvError("SCSV_BAD_RESULT", `"${path}" can't be read: ${messageOf(cause)}.`, {
      cause,
      hint: "Name a file that stream-csv bench -o json=FILE has written.",
    });
  }
  return parseResult(text, path);
}

/**
 * The result in a text, its fields in the order of the format.
 * @param name what to call the text in an error
 * @throws StreamCsvError `SCSV_BAD_RESULT`
 */
export function parseResult(text: string, name: string): BenchResult {
  const value = parseJson(text, name);
  requireFormat(value, name);
  const { success, output, issues } = safeParse(resultSchema, value);
  if (success) return output;
  const places = issues.slice(0, mostFaults).map(placeText);
  const more = issues.length > mostFaults ? `; and ${issues.length - mostFaults} more` : "";
  throw new StreamCsvError(
    "SCSV_BAD_RESULT",
    `"${name}" is not a complete ${resultFormat} result: ${places.join("; ")}${more}.`,
  );
}

function parseJson(text: string, name: string): unknown {
  try {
    // Some editors add a byte order mark, which is not JSON.
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    // The parser quotes the text, with its line breaks.
    const reason = messageOf(cause).replaceAll(/\s+/g, " ");
    throw new StreamCsvError("SCSV_BAD_RESULT", `"${name}" is not JSON: ${reason}.`, {
      cause,
      hint: "Name a result file, as stream-csv bench -o json=FILE writes it; a file that was cut short can't be read.",
    });
  }
}

/** Reports a file of another version or another kind as such, instead of as a damaged one. */
function requireFormat(value: unknown, name: string): void {
  const format = typeof value === "object" && value !== null && "schema" in value ? value.schema : undefined;
  if (format === resultFormat) return;
  const version = typeof format === "string" ? /^stream-csv\.bench\.v(\d+)$/.exec(format)?.[1] : undefined;
  if (version !== undefined) {
    throw new StreamCsvError(
      "SCSV_BAD_RESULT",
      `"${name}" has the format "${String(format)}", and this version reads ${resultFormat}.`,
      { hint: "A newer stream-csv wrote it: update this one, or measure again with it." },
    );
  }
  throw new StreamCsvError(
    "SCSV_BAD_RESULT",
    `"${name}" is not a result of stream-csv bench: its "schema" is ${format === undefined ? "missing" : JSON.stringify(format)}, and should be "${resultFormat}".`,
  );
}

/** `rounds.3.arms.streaming.total_s: expected number, and found "fast"`. */
function placeText(issue: BaseIssue<unknown>): string {
  const path = getDotPath(issue) ?? "the file";
  const expected = issue.expected ?? "something else";
  return `${path}: expected ${expected}, and found ${issue.received}`;
}
