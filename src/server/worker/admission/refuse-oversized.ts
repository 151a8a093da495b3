import { StreamCsvError } from "../../../errors.ts";
import { leastBytes, type ExportPlan } from "../../../export/plan.ts";
import { formatBytes } from "../../../units.ts";
import type { ServerSettings } from "../../shared/settings.ts";
import { tooLarge } from "./buffer-reservation.ts";

/**
 * Refuses a body whose smallest possible size exceeds the limit, before a row is read or a prepared file is removed
 * for it.
 * @throws StreamCsvError `SCSV_BUFFER_MEMORY` or `SCSV_SPOOL_SIZE`, by its delivery
 */
export function refuseOversized(
  plan: ExportPlan,
  { bufferMemoryBytes, spoolBytes }: Pick<ServerSettings, "bufferMemoryBytes" | "spoolBytes">,
): void {
  const bytes = leastBytes(plan);
  if (plan.delivery === "buffered" && bytes > bufferMemoryBytes) throw tooLarge(bytes, bufferMemoryBytes);
  if (plan.delivery === "file" && bytes > spoolBytes) {
    const message = `This file needs at least ${formatBytes(bytes)}, and the whole spool has ${formatBytes(spoolBytes)}.`;
    throw new StreamCsvError("SCSV_SPOOL_SIZE", message);
  }
}
