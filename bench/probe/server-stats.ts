import { array, looseObject, nullable, number, optional, safeParse, type InferOutput } from "valibot";
import { StreamCsvError, withinTime } from "../../src/ground.ts";
import type { RequestForm } from "../http/start-request.ts";
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
    // Older servers do not report these.
    gcSeconds: optional(number()),
    heapUsedBytes: optional(number()),
    loopDelayMaxSeconds: optional(number()),
  }),
  workers: array(looseObject({ pid: number(), ageSeconds: optional(number()) })),
  allBusySeconds: optional(nullable(number())),
});

/** What a server reports about its own work since it started, and when, by its own clock. */
export type InsideNumbers = InferOutput<typeof statsSchema>["total"] & {
  readonly uptimeSeconds: number;
  /** Time in which every sync worker was busy; 0 when there are none. */
  readonly allBusySeconds: number;
  /** The processes whose numbers these are. */
  readonly pids: readonly number[];
  /** How old the oldest of them is: a server does not have to wait for a busy worker. */
  readonly ageSeconds: number;
};

/** A server that is filling the buffers of hundreds of readers may answer late. */
const answerLimitMs = 60_000;
const abilityLimitMs = 5000;

/**
 * Asks a server what its workers did so far.
 * @param url where it reports, such as `/stats` of our own server
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it answers something else
 */
export async function fetchInsideNumbers(
  url: URL,
  signal: AbortSignal,
  { headers = {} }: Pick<RequestForm, "headers"> = {},
): Promise<InsideNumbers> {
  const answer = await getJson(url, { signal, headers, timeoutMs: answerLimitMs });
  const parsed = safeParse(statsSchema, answer);
  if (parsed.success) {
    const { total, uptimeSeconds, workers, allBusySeconds } = parsed.output;
    const ageSeconds = Math.max(0, ...workers.map((worker) => worker.ageSeconds ?? 0));
    const pids = workers.map(({ pid }) => pid);
    return { ...total, uptimeSeconds, allBusySeconds: allBusySeconds ?? 0, pids, ageSeconds };
  }
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `${url.href} does not answer as a stream-csv server does: ${parsed.issues[0].message}`,
  );
}

/** Whether an address answers in that format. */
export async function tellsInsideNumbers(
  url: URL,
  signal: AbortSignal,
  form: Pick<RequestForm, "headers"> = {},
): Promise<boolean> {
  // A server that never answers isn't waited for as long as one that is known to answer.
  const isReported = await withinTime(abilityLimitMs, signal, (limited) =>
    fetchInsideNumbers(url, limited, form).then(
      () => true,
      () => false,
    ),
  );
  signal.throwIfAborted();
  return isReported;
}
