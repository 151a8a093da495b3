import type { RunPlan } from "../scenario/scenario.ts";
import { planArms } from "../session/arm.ts";
import type { Survey } from "../session/survey/survey-subjects.ts";
import type { Subject } from "../subject/subject.ts";
import { bufferMemoryBytes, mostBufferedBytes } from "./buffer-memory.ts";
import { quickMs } from "./quick.ts";
import type { RunSettings } from "./settings.ts";

/** What is measured, from what was asked for and what the survey found. */
export function planRun(settings: RunSettings, subjects: readonly Subject[], survey: Survey): RunPlan {
  const { rounds, isQuick, workers, workerModel, slots, control } = settings;
  const { syncWorkers, readers, readBytesPerSecond } = settings;
  const { rows, facts, startedMs } = survey;
  const arms = planArms(subjects, {
    rows,
    control,
    factsOf(target) {
      const found = facts.get(target);
      if (found === undefined) throw new Error(`the target ${target.name} was not surveyed`);
      return found;
    },
  });
  return {
    arms,
    rounds,
    rows,
    isRowsGiven: settings.rows !== null,
    mostBufferedBytes,
    bufferMemoryBytes: bufferMemoryBytes(),
    workers,
    workerModel,
    slots,
    syncWorkers,
    readers,
    readBytesPerSecond,
    isQuick,
    endByMs: isQuick ? startedMs + quickMs : null,
  };
}
