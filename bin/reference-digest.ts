import { createHash } from "node:crypto";
import type { MakeReference } from "../bench/index.ts";
import { openExport, planExport, readExportParameters, runExport } from "../src/index.ts";

/** The SHA-256 of an export made here, by the same encoder but without any server in between. */
export async function referenceDigest(
  { exportName, sourceFile, rows }: Parameters<MakeReference>[0],
  signal: AbortSignal,
): Promise<string> {
  const table =
    sourceFile === null || !exportName.includes(".") ? {} : { table: exportName.split(".").at(-1) ?? "" };
  const { definition, close } = await openExport(sourceFile ?? exportName, table);
  try {
    const plan = planExport(definition, readExportParameters([["rows", String(rows)]]));
    const hash = createHash("sha256");
    for await (const chunk of runExport(plan, { signal, lendsChunks: true }).chunks) hash.update(chunk);
    return hash.digest("hex");
  } finally {
    await close();
  }
}
