import { exportScenario } from "./export.ts";
import { slowReadersScenario } from "./slow-readers.ts";
import { leaveScenario } from "./leave.ts";
import { mixedScenario } from "./mixed.ts";
import { scalingScenario } from "./scaling.ts";
import { syncWorkersScenario } from "./sync-workers.ts";
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
