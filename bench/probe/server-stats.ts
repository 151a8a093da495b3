import { array, looseObject, nullable, number, optional, safeParse, type InferOutput } from "valibot";
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
  allBusySeconds: optional(nullable(number())),
});

/** What a server of ours tells of its own work since it started, and when, by its own clock. */
export type InsideNumbers = InferOutput<typeof statsSchema>["total"] & {
  readonly uptimeSeconds: number;
  /** Time in which every sync worker was taken; 0 where there are none. */
  readonly allBusySeconds: number;
};

/**
 * Asks a server of ours what its workers did so far (`GET /stats`).
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when what it answers isn't that
 */
export async function fetchInsideNumbers(origin: string, signal: AbortSignal): Promise<InsideNumbers> {
  const url = new URL("/stats", origin);
  const parsed = safeParse(statsSchema, await getJson(url, signal));
  if (parsed.success) {
    const { total, uptimeSeconds, allBusySeconds } = parsed.output;
    return { ...total, uptimeSeconds, allBusySeconds: allBusySeconds ?? 0 };
  }
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `${url.href} doesn't answer as a stream-csv server does: ${parsed.issues[0].message}`,
  );
}
