import { foreignTarget } from "../subject/foreign-target.ts";
import { streamCsvServer } from "../subject/stream-csv-server.ts";
import type { Subject } from "../subject/subject.ts";
import type { Target } from "../subject/target.ts";
import { otherVersion } from "../subject/version/other-version.ts";
import { bufferMemoryBytes } from "./buffer-memory.ts";
import type { Run } from "./run.ts";
import { ownName, type RunSettings } from "./settings.ts";

/**
 * Does something with the subjects of a run: our own server first, then the targets. Another version of our server is
 * checked out and built before, and removed afterwards, whatever happens.
 * @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE`; nothing is left behind then
 */
export async function withSubjects<T>(
  { settings, hooks, progress, findings }: Run,
  use: (subjects: readonly Subject[]) => Promise<T>,
): Promise<T> {
  const { against, deliveries } = settings;
  const target = versionOf(settings, { name: ownName, cli: hooks.cli });
  if (against === null) {
    const others = settings.targets.map((spec) => subjectOf(foreignTarget(spec)));
    return await use([{ target, deliveries, control: null }, ...others]);
  }
  const other = await otherVersion(against, {
    cwd: hooks.folder,
    signal: hooks.signal,
    onProgress: (label) => progress.report(label),
  });
  try {
    findings.config = { ...findings.config, againstSha: other.sha };
    const control = versionOf(settings, { name: against.name, cli: other.cli });
    return await use([{ target, deliveries, control }]);
  } finally {
    await other.remove();
  }
}

function subjectOf(target: Target): Subject {
  return { target, deliveries: [null], control: null };
}

/** One version of our server, set up as the run wants it. */
function versionOf(
  { workers, workerModel, slots, sourceFile }: RunSettings,
  version: { readonly name: string; readonly cli: readonly [string, ...string[]] },
): Target {
  const sources = sourceFile === null ? [] : [sourceFile];
  const room = { workers, workerModel, slots, bufferMemoryBytes: bufferMemoryBytes() };
  return streamCsvServer({ ...version, ...room, sources });
}
