import { StreamCsvError } from "../../src/ground.ts";
import { surveySubjects, type Survey } from "../session/survey/survey-subjects.ts";
import type { Observer } from "../probe/observed-work.ts";
import type { Subject } from "../subject/subject.ts";
import { mostBufferedBytes } from "./buffer-memory.ts";
import type { Run } from "./run.ts";
import type { RunSettings } from "./settings.ts";

/** How long one export takes. In a run that gates it is short, because each arm gives several in turn with the others. */
const armSeconds = { gate: 0.1, quick: 0.25, full: 1 } as const;

/**
 * Finds the export, sizes it, and checks the bytes of every subject, untimed.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when a body is wrong: nothing is timed then
 */
export async function surveyRun(
  run: Run,
  subjects: readonly Subject[],
  observers: readonly Observer[] = [],
): Promise<Survey> {
  const { settings, hooks, progress, record, findings } = run;
  progress.report("looking for the export");
  const survey = await surveySubjects(
    { clock: hooks.clock, signal: hooks.signal, idleTimeoutMs: hooks.idleTimeoutMs, observers },
    subjects,
    {
      ...settings,
      armSeconds: armSeconds[paceOf(settings)],
      mostBytes: mostBufferedBytes / 2,
      makeReference: hooks.makeReference,
    },
    (label) => progress.report(label),
  );
  const { integrity, checks, faults, notes } = survey;
  findings.integrity = integrity;
  record.checks.push(...checks);
  for (const note of notes) record.warn(note);
  if (faults.length > 0) throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", faults.join(" "));
  return survey;
}

function paceOf({ isQuick, against, baseline, isFirstBaseline }: RunSettings): keyof typeof armSeconds {
  if (against !== null || baseline !== null || isFirstBaseline) return "gate";
  return isQuick ? "quick" : "full";
}
