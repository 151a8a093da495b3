import { medianSection } from "./scenario-section.ts";

/** The scenario `leave`: how long a slot stays taken after its client disconnected. */
export const leaveSection = medianSection("Clients that disconnect: time until their slot is free", [
  "release_early_s",
  "release_s",
]);
