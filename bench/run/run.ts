import type { MeasuredSoFar } from "../gate/baseline/baseline.ts";
import { requireComparable } from "../gate/baseline/require-comparable.ts";
import { relativeOf } from "../gate/budget/budget.ts";
import { requireAboveNoise } from "../gate/budget/read-budgets.ts";
import { tooFewRounds, type GateReport } from "../gate/judge/judge-run.ts";
import { describeEnvironment } from "../probe/describe-environment.ts";
import { samplingCaveat } from "../probe/process-tree.ts";
import type { BenchResult, Integrity } from "../result/result.ts";
import { RunRecord } from "../session/run-record.ts";
import { describeTarget } from "../subject/target-text.ts";
import { withoutPasswords } from "../subject/without-passwords.ts";
import { completeHooks, type BenchHooks } from "./hooks.ts";
import { RunProgress } from "./progress.ts";
import { withRangeCode } from "./with-range-code.ts";
import type { RunSettings } from "./settings.ts";

/** What a run has found beside its record. Each step fills in its part, so that an error leaves what was found before. */
interface Findings extends MeasuredSoFar {
  config: BenchResult["config"];
  integrity: Integrity;
  /** The verdict of a run that gates; null without one, and before it is known. */
  gate: GateReport | null;
}

/** A run that has begun: what every step of it takes. */
export interface Run {
  readonly settings: RunSettings;
  readonly hooks: Required<BenchHooks>;
  readonly progress: RunProgress;
  readonly record: RunRecord;
  readonly findings: Findings;
}

/**
 * Begins a run: looks at the machine, and refuses what can't be judged on it.
 * @throws RangeError `SCSV_ARG_RANGE` for a budget below the noise, or a baseline that can't be compared
 */
export async function beginRun(settings: RunSettings, hooks: BenchHooks): Promise<Run> {
  const complete = completeHooks(hooks);
  const { tool, clock, calibration } = complete;
  const { budgets, baseline, rounds, isStrict } = settings;
  const environment = await describeEnvironment();
  withRangeCode(() => {
    requireAboveNoise(budgets, calibration, environment);
    if (baseline === null) return;
    requireComparable(baseline, relativeOf(budgets), { ...settings, fingerprint: environment.fingerprint });
  });
  const record = new RunRecord();
  for (const warning of baseline === null ? tooFewRounds(rounds, budgets) : []) {
    withRangeCode(() => {
      if (isStrict) throw new RangeError(`${warning} With --strict such a run can only fail.`);
    });
    complete.onNotice(warning);
    record.warn(warning);
  }
  if (samplingCaveat !== null) record.warn(samplingCaveat);
  const findings: Findings = {
    tool: { name: tool.name, version: tool.version },
    createdAt: new Date(clock.wallMs()).toISOString(),
    environment,
    config: { ...shownSettings(settings), baseline: baseline?.name ?? null, timedRows: null },
    integrity: { bytes: null, rows: null, sha256: null, equal: null },
    arms: record.arms,
    rounds: record.rounds,
    gate: null,
  };
  return { settings, hooks: complete, progress: new RunProgress(complete.onProgress), record, findings };
}

/** Settings as a result file holds them: no value of a header field or a variable, and no password. */
function shownSettings(settings: RunSettings): Readonly<Record<string, unknown>> {
  const { targets, against, setup, observed } = settings;
  const isTarget = against?.of === "targets" && against.kind === "target";
  return {
    ...settings,
    targets: targets.map(describeTarget),
    against: isTarget ? { ...against, spec: describeTarget(against.spec) } : against,
    setup: setup === null ? null : withoutPasswords(setup),
    observed: observed.map(({ name, kind }) => ({ name, kind })),
  };
}
