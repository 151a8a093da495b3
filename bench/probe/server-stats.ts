import { array, looseObject, number, safeParse, type InferOutput } from "valibot";
import { StreamCsvError } from "../../src/index.ts";
import { getJson } from "./get-json.ts";

const statsSchema = looseObject({
  uptimeSeconds: number(),
  total: looseObject({
    busySlots: number(),
    heldSeconds: number(),
    busySlotSeconds: number(),
    queueWaitSeconds: number(),
    loopSeconds: number(),
    cpuSeconds: number(),
  }),
  workers: array(looseObject({ pid: number() })),
});

/** What a server of ours tells of its own work since it started, and when, by its own clock. */
export type InsideNumbers = InferOutput<typeof statsSchema>["total"] & { readonly uptimeSeconds: number };

/**
 * Asks a server of ours what its workers did so far (`GET /stats`).
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when what it answers isn't that
 */
export async function fetchInsideNumbers(origin: string, signal: AbortSignal): Promise<InsideNumbers> {
  const url = new URL("/stats", origin);
  const parsed = safeParse(statsSchema, await getJson(url, signal));
  if (parsed.success) return { ...parsed.output.total, uptimeSeconds: parsed.output.uptimeSeconds };
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `${url.href} doesn't answer as a stream-csv server does: ${parsed.issues[0].message}`,
  );
}
