import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import type { MakeReference } from "../bench/index.ts";
import { openExport, planExport, readExportParameters, runExport } from "../src/index.ts";

/** The SHA-256 of an export made in this process, by the same encoder but without a server. */
export async function referenceDigest(
  { exportName, sourceFile, rows }: Parameters<MakeReference>[0],
  signal: AbortSignal,
): Promise<string> {
  const { definition, close } = await openExport(
    sourceFile ?? exportName,
    sourceFile === null ? {} : tableOf(exportName, sourceFile),
  );
  try {
    const plan = planExport(definition, readExportParameters([["rows", String(rows)]]));
    const hash = createHash("sha256");
    for await (const chunk of runExport(plan, { signal, lendsChunks: true }).chunks) hash.update(chunk);
    return hash.digest("hex");
  } finally {
    await close();
  }
}

/** The table of a database export, whose name is `file.table` or `file.schema.table`. */
function tableOf(exportName: string, sourceFile: string): { readonly table?: string } {
  const file = basename(sourceFile, extname(sourceFile));
  return exportName.startsWith(`${file}.`) ? { table: exportName.slice(file.length + 1) } : {};
}
