import { basename, extname } from "node:path";
import { array, looseObject, nullable, number, safeParse, string } from "valibot";
import { didYouMean, StreamCsvError } from "../../src/ground.ts";
import { getJson } from "../probe/get-json.ts";
import type { RunningTarget } from "./target.ts";

/** An export that a target offers. */
export interface OfferedExport {
  readonly name: string;
  /** null when the target does not know. */
  readonly rows: number | null;
}

const offeredSchema = looseObject({
  exports: array(looseObject({ name: string(), rows: nullable(number()) })),
});

/**
 * The export with a name. Without a name, the one made from a file: named after it, or its only table.
 * @throws StreamCsvError `SCSV_UNKNOWN_EXPORT` that lists the names there are
 */
export async function findOfferedExport(
  target: RunningTarget,
  wanted: { readonly exportName: string | null; readonly sourceFile: string | null },
  signal: AbortSignal,
): Promise<OfferedExport> {
  const offered = await listExports(target, signal);
  const { exportName, sourceFile } = wanted;
  const stem = sourceFile === null ? "" : basename(sourceFile, extname(sourceFile));
  const exact = offered.find((item) => item.name === (exportName ?? stem));
  const tables = offered.filter((item) => exportName === null && item.name.startsWith(`${stem}.`));
  const found = exact ?? (tables.length === 1 ? tables[0] : undefined);
  if (found !== undefined) return found;
  const meant = didYouMean(
    exportName ?? stem,
    offered.map((item) => item.name),
  );
  const message =
    tables.length > 1
      ? `"${sourceFile}" holds ${tables.length} exports (${namesOf(tables)}), and bench measures only files with one.`
      : `There is no export "${exportName ?? stem}"; there are: ${namesOf(offered)}.${meant}`;
  throw new StreamCsvError("SCSV_UNKNOWN_EXPORT", message);
}

function namesOf(exports: readonly OfferedExport[]): string {
  return exports.map((item) => item.name).join(", ");
}

async function listExports(target: RunningTarget, signal: AbortSignal): Promise<readonly OfferedExport[]> {
  const url = new URL("/exports", target.origin);
  const parsed = safeParse(offeredSchema, await getJson(url, { signal }));
  if (parsed.success) return parsed.output.exports;
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `${url.href} does not list exports: ${parsed.issues[0].message}`,
  );
}
