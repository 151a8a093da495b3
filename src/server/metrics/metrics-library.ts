import { createRequire } from "node:module";
import type * as PromClient from "prom-client";

/** The library that writes metrics as Prometheus reads them. */
export type MetricsLibrary = typeof PromClient;

/**
 * Loads the library. Node 20 keeps the failure of an `import` as long as the process lives, but not that of a `require`, and a lack of
 * descriptors is temporary. Bundlers follow the `import` alone.
 * @throws what reading its files throws; then it can be loaded later
 */
export async function loadMetricsLibrary(): Promise<MetricsLibrary> {
  try {
    return await import("prom-client");
  } catch {
    return createRequire(import.meta.url)("prom-client") as MetricsLibrary;
  }
}
