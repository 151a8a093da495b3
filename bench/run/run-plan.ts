import { totalmem } from "node:os";
import type { RunSettings } from "./config.ts";
import type { RunPlan } from "../scenario/scenario.ts";
import { streamCsvServer } from "../subject/stream-csv-server.ts";
import type { Target } from "../subject/target.ts";
import { explainingArms, gatingArms, type PlannedArm } from "../session/arm.ts";
import type { Survey } from "../session/survey/survey-export.ts";

/** The most bytes of a buffered body that is chosen here. */
export const mostBufferedBytes = 256 * 1024 ** 2;

/** One version of our server, set up as the run wants it. */
export function versionOf(
  config: RunSettings,
  version: { readonly name: string; readonly cli: readonly [string, ...string[]] },
): Target {
  const { workers, workerModel, slots, sourceFile } = config;
  const sources = sourceFile === null ? [] : [sourceFile];
  return streamCsvServer({
    ...version,
    workers,
    workerModel,
    slots,
    bufferMemoryBytes: bufferMemoryBytes(),
    sources,
  });
}

function bufferMemoryBytes(): number {
  return Math.max(mostBufferedBytes, Math.floor(totalmem() / 4));
}

/** Against another version, versions are held against each other; to explain, deliveries and other servers. */
export function armsOf(
  { deliveries }: RunSettings,
  { rows, bodies }: Survey,
  targets: { readonly target: Target; readonly against: Target | null; readonly foreign: readonly Target[] },
): readonly PlannedArm[] {
  const bodyOf = (target: Target): PlannedArm["body"] =>
    bodies.get(target) ?? { rows: 0, bytes: 0, crc32: 0 };
  const { target, against, foreign } = targets;
  return against === null
    ? explainingArms(target, { deliveries, others: foreign, rows }, bodyOf)
    : gatingArms({ treatment: target, control: against }, { deliveries, rows }, bodyOf);
}

/** What is measured, from what was asked for and what was found. */
export function planOf(config: RunSettings, survey: Survey, arms: readonly PlannedArm[]): RunPlan {
  const { deliveries, rounds, isQuick, syncWorkers, readers, readBytesPerSecond } = config;
  const { rows, availableRows, promisesRows, rowsPerSecond, exportSeconds, integrity } = survey;
  return {
    arms,
    deliveries,
    rounds,
    rows,
    isRowsGiven: config.rows !== null,
    availableRows,
    promisesRows,
    mostBufferedBytes,
    bufferMemoryBytes: bufferMemoryBytes(),
    bytesPerRow: (integrity.bytes ?? 0) / Math.max(1, integrity.rows ?? rows),
    rowsPerSecond,
    exportSeconds,
    syncWorkers,
    readers,
    readBytesPerSecond,
    isQuick,
  };
}
