import { createRequire } from "node:module";
import type * as PromClient from "prom-client";

/** The library that writes metrics as Prometheus reads them. */
export type MetricsLibrary = typeof PromClient;

const require = createRequire(import.meta.url);

/**
 * Loads the library. By `require`, because Node keeps the failure of an `import` as long as the process lives, and a lack of
 * descriptors is temporary.
 * @throws what reading its files throws; then it can be loaded later
 */
export function loadMetricsLibrary(): MetricsLibrary {
  return require("prom-client") as MetricsLibrary;
}
