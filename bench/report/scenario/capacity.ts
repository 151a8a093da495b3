import { medianSection } from "./scenario-section.ts";

/** The scenario `capacity`: how many slow readers at once a server carries. */
export const capacitySection = medianSection("How many slow readers the server carries", [
  "readers_carried",
  "readers_broken",
  "ping_p99_idle_s",
  "ping_p99_s",
  "peak_rss_over_idle_bytes",
]);
