import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import type { MakeReference } from "../bench/index.ts";
import { defaultDialect, openExport, planExport, readExportParameters, runExport } from "../src/internal.ts";
import { parametersOf, type BenchFlags } from "./bench-flags.ts";
import { isOfConfiguration } from "./configuration/is-of-configuration.ts";
import { openNamedExport } from "./open-named-export.ts";

/** Computes the SHA-256 of an export made in this process, by the same encoder but without a server. */
export function referenceDigest(flags: BenchFlags): MakeReference {
  return async ({ exportName, sourceFile, rows }, signal) => {
    const { definition, close } = await openReference(exportName, sourceFile, flags);
    try {
      const texts = [["rows", String(rows)] as const, ...parametersOf(flags)];
      const parameters = readExportParameters(texts, defaultDialect, definition.parameters);
      const plan = planExport(definition, parameters);
      const hash = createHash("sha256");
      for await (const chunk of runExport(plan, { signal }).lentChunks) hash.update(chunk);
      return hash.digest("hex");
    } finally {
      await close();
    }
  };
}

async function openReference(
  exportName: string,
  sourceFile: string | null,
  { configuration }: BenchFlags,
): ReturnType<typeof openExport> {
  if (sourceFile !== null) return await openExport(sourceFile, tableOf(exportName, sourceFile));
  if (configuration !== undefined && isOfConfiguration(exportName, configuration))
    return await openNamedExport(exportName, { configuration });
  return await openExport(exportName);
}

/** The table of a database export, whose name is `file.table` or `file.schema.table`. */
function tableOf(exportName: string, sourceFile: string): { readonly table?: string } {
  const file = basename(sourceFile, extname(sourceFile));
  return exportName.startsWith(`${file}.`) ? { table: exportName.slice(file.length + 1) } : {};
}
