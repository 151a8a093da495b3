import { medianSection } from "./scenario-section.ts";

/** The scenario `mixed`: how many short requests are answered while exports run. */
export const mixedSection = medianSection("Exports and short requests together", [
  "ping_per_s_idle",
  "ping_per_s_busy",
  "ping_kept_ratio",
  "ping_lost_per_export",
]);
