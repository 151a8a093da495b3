import { exportScenario } from "./export/export.ts";
import { slowReadersScenario } from "./slow-readers/slow-readers.ts";
import { leaveScenario } from "./leave/leave.ts";
import { mixedScenario } from "./mixed/mixed.ts";
import { scalingScenario } from "./scaling/scaling.ts";
import { syncWorkersScenario } from "./sync-workers/sync-workers.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario, in the order a run takes them. */
export const scenarios: readonly Scenario[] = [
  exportScenario,
  scalingScenario,
  slowReadersScenario,
  leaveScenario,
  mixedScenario,
  syncWorkersScenario,
];
