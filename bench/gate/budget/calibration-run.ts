import {
  array,
  literal,
  nullable,
  number,
  object,
  parseJson,
  pick,
  picklist,
  pipe,
  record,
  safeParse,
  string,
  type GenericSchema,
} from "valibot";
import { StreamCsvError } from "../../../src/ground.ts";
import type { Environment } from "../../result/result.ts";
import { count, environmentSchema, quantity } from "../../result/schema.ts";

/** The name of the format: one such object a line. */
export const calibrationFormat = "stream-csv.calibration.v1";

const ratios = record(string(), nullable(quantity));

/** One run of the calibration, with what it found. */
export interface CalibrationRun {
  readonly schema: "stream-csv.calibration.v1";
  /** `aa`: two equal versions; `slow`: more CPU time was used; `heavy`: memory was held. */
  readonly kind: "aa" | "slow" | "heavy";
  readonly createdAt: string;
  readonly gitSha: string | null;
  /** Digest of the code that decides what the run shows. */
  readonly build: string;
  readonly environment: Machine & Pick<Environment, "fingerprint">;
  readonly seed: number;
  /** Arguments of the run. */
  readonly command: readonly string[];
  /** Seconds it took. */
  readonly elapsedSeconds: number;
  readonly verdict: string;
  readonly exitCode: number;
  /** Verdicts by metric. */
  readonly verdicts: Readonly<Record<string, string>>;
  /** This version over the other, by metric. */
  readonly ratios: Readonly<Record<string, number | null>>;
  /** The other version over itself, by metric. */
  readonly equalRatios: Readonly<Record<string, number | null>>;
}

const calibrationRun = object({
  schema: literal(calibrationFormat),
  kind: picklist(["aa", "slow", "heavy"]),
  createdAt: string(),
  gitSha: nullable(string()),
  build: string(),
  environment: pick(object(environmentSchema.entries), ["node", "os", "cpuModel", "cores", "fingerprint"]),
  seed: count,
  command: array(string()),
  elapsedSeconds: number(),
  verdict: string(),
  exitCode: count,
  verdicts: record(string(), string()),
  ratios,
  equalRatios: ratios,
}) satisfies GenericSchema<unknown, CalibrationRun>;

const calibrationLine = pipe(string(), parseJson(), calibrationRun);

/**
 * Reads a calibration file. A last line without a line break was cut off by an interruption; it is left out, so that a
 * calibration can be resumed.
 * @throws StreamCsvError `SCSV_BAD_RESULT` that names the line
 */
export function parseCalibration(text: string, file: string): readonly CalibrationRun[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    if (line.trim() === "" || index === lines.length - 1) return [];
    const run = safeParse(calibrationLine, line);
    if (run.success) return [run.output];
    throw new StreamCsvError(
      "SCSV_BAD_RESULT",
      `Line ${index + 1} of "${file}" is not a calibration run: ${run.issues[0].message}.`,
      { hint: "Remove the line, or move the file away to start again." },
    );
  });
}

/** The facts about a machine that its noise depends on. */
export type Machine = Pick<Environment, "node" | "os" | "cpuModel" | "cores">;

/**
 * The runs on one kind of machine that have the build of the last one, because another build may have another noise. A
 * kind is processor, cores, system and Node's line. A new patch of the kernel is the same kind, or no machine would ever
 * find its own runs.
 */
export function lastBuildOf(runs: readonly CalibrationRun[], machine: Machine): readonly CalibrationRun[] {
  const here = runs.filter(({ environment }) => kindOf(environment) === kindOf(machine));
  const last = here.at(-1);
  return here.filter(({ build }) => build === last?.build);
}

function kindOf({ node, os, cpuModel, cores }: Machine): string {
  const [platform, , architecture] = os.split(" ");
  return JSON.stringify([node.split(".")[0], platform, architecture, cpuModel, cores]);
}
