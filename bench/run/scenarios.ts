import { capacityScenario } from "../scenario/capacity/capacity.ts";
import { exportScenario } from "../scenario/export/export.ts";
import { slowReadersScenario } from "../scenario/slow-readers/slow-readers.ts";
import { leaveScenario } from "../scenario/leave/leave.ts";
import { mixedScenario } from "../scenario/mixed/mixed.ts";
import { scalingScenario } from "../scenario/scaling/scaling.ts";
import { syncWorkersScenario } from "../scenario/sync-workers/sync-workers.ts";
import type { Scenario } from "../scenario/scenario.ts";

/** Every scenario, in the order a run takes them. */
export const scenarios: readonly Scenario[] = [
  exportScenario,
  scalingScenario,
  slowReadersScenario,
  leaveScenario,
  mixedScenario,
  syncWorkersScenario,
  capacityScenario,
];
