import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { foreignTarget } from "../subject/foreign-target.ts";
import { streamCsvServer } from "../subject/stream-csv-server.ts";
import { endAtExit } from "../subject/process/end-at-exit.ts";
import { endMarked, killMarked } from "../subject/process/end-tree.ts";
import { startedMarker } from "../subject/process/started-marker.ts";
import type { Subject } from "../subject/subject.ts";
import type { Target } from "../subject/target.ts";
import type { TargetSpec } from "../subject/target-spec.ts";
import { withoutPasswords } from "../subject/without-passwords.ts";
import {
  addWorktree,
  unavailable,
  type GitVersionOptions,
  type GitWorktree,
} from "../subject/version/git-worktree.ts";
import { sharedPath } from "../subject/version/shared-path.ts";
import { otherVersion } from "../subject/version/other-version.ts";
import { setUp, type SetUpOptions } from "../subject/version/set-up.ts";
import { bufferMemoryBytes } from "./buffer-memory.ts";
import type { Run } from "./run.ts";
import { ownName, type RunAgainst, type RunSettings } from "./settings.ts";

type Use<T> = (subjects: readonly Subject[]) => Promise<T>;

/**
 * Does something with the subjects of a run: our own server first, where it is measured, then the targets. Another version
 * is checked out and built before, and removed afterwards, whatever happens.
 * @throws StreamCsvError `SCSV_VERSION_UNAVAILABLE`; nothing is left behind then
 */
export async function withSubjects<T>(run: Run, use: Use<T>): Promise<T> {
  const { settings, hooks, record } = run;
  const { against, deliveries, targets } = settings;
  for (const warning of unusedSetup(settings)) record.warn(warning);
  await setUpTargets(run);
  if (against?.of === "deliveries") return await withOwnVersions(run, against, use);
  if (against !== null) return await withTargetVersions(run, against, use);
  const own = versionOf(settings, { name: ownName, cli: hooks.cli });
  const ours = deliveries.length === 0 ? [] : [{ target: own, deliveries, control: null }];
  return await use([...ours, ...targets.map((spec) => subjectOf(settings, spec, null))]);
}

/** Why the setting `setup` prepares nothing in a run, as a sentence; none where it does, or wasn't given. */
function unusedSetup({ setup, against, targets }: RunSettings): readonly string[] {
  if (setup === null) return [];
  const isUsed = against?.of === "targets" && against.kind === "git";
  if (isUsed && targets.some((target) => target.setup === null)) return [];
  const why = isUsed
    ? "every target has a setup of its own."
    : "it prepares the version of --against git:REF for a target, and there is none in this run.";
  return [`--setup "${withoutPasswords(setup)}" was not run: ${why}`];
}

/** Prepares a folder once, though several targets run in it. */
function onceForEachFolder(): (options: SetUpOptions) => Promise<void> {
  const done = new Set<string>();
  return async (options) => {
    const what = JSON.stringify([options.folder, options.command]);
    if (done.has(what)) return;
    done.add(what);
    await setUp(options);
  };
}

/** Prepares the working tree for targets whose configuration says how. */
async function setUpTargets({ settings, hooks, progress }: Run): Promise<void> {
  const setUpHere = onceForEachFolder();
  for (const { name, setup, cwd } of settings.targets) {
    if (setup === null) continue;
    await setUpHere({
      folder: resolve(hooks.folder, cwd ?? "."),
      command: setup,
      what: name,
      signal: hooks.signal,
      onProgress: (label) => progress.report(label),
    });
  }
}

async function withOwnVersions<T>(
  run: Run,
  against: Extract<RunAgainst, { of: "deliveries" }>,
  use: Use<T>,
): Promise<T> {
  const { settings, hooks, findings } = run;
  const { deliveries } = settings;
  const other = await otherVersion(against, gitOptions(run));
  try {
    findings.config = { ...findings.config, againstSha: other.sha };
    const target = versionOf(settings, { name: ownName, cli: hooks.cli });
    const control = versionOf(settings, { name: against.name, cli: other.cli });
    return await use([{ target, deliveries, control }]);
  } finally {
    await other.remove();
  }
}

async function withTargetVersions<T>(
  run: Run,
  against: Extract<RunAgainst, { of: "targets" }>,
  use: Use<T>,
): Promise<T> {
  const { settings, findings } = run;
  const { targets } = settings;
  if (against.kind === "target") {
    return await use(targets.map((spec) => subjectOf(settings, spec, against.spec)));
  }
  const options = gitOptions(run);
  const tree = await addWorktree(against.ref, options);
  // What a setup leaves in the background belongs to a folder that is removed.
  const marker = startedMarker();
  const keep = endAtExit(() => killMarked(marker));
  try {
    findings.config = { ...findings.config, againstSha: tree.sha };
    const controls: TargetSpec[] = [];
    const setUpOnce = onceForEachFolder();
    const setUpThere: typeof setUp = (setting) => setUpOnce({ ...setting, env: marker.env });
    for (const spec of targets)
      controls.push(await versionIn(tree, spec, settings, { ...options, setUpThere }));
    return await use(targets.map((spec, index) => subjectOf(settings, spec, controls[index] ?? null)));
  } finally {
    await endMarked(marker);
    keep();
    await tree.remove();
  }
}

/** A target as it is in another working tree, which is set up for it. */
async function versionIn(
  { folder, sha, root, tree }: GitWorktree,
  spec: TargetSpec,
  { setup, against }: RunSettings,
  { cwd: here, signal, onProgress, setUpThere }: GitVersionOptions & { readonly setUpThere: typeof setUp },
): Promise<TargetSpec> {
  const place = relative(here, resolve(here, spec.cwd ?? "."));
  const cwd = join(folder, place);
  const what = against?.name ?? sha;
  if (!existsSync(cwd))
    throw unavailable(`${what} has no folder "${place}", where the target "${spec.name}" runs`);
  const line = spec.setup ?? setup;
  // Before the setup, which may make what this tree has beside its commits.
  const shared = sharedPath([spec.command ?? "", line ?? "", ...Object.values(spec.env)], { root, tree });
  if (shared !== null)
    throw unavailable(
      `The target "${spec.name}" names "${shared}", which is in this working tree for ${what} too, so it would be compared with itself`,
      "",
      "Write the path relative to the folder in which the command and its setup run.",
    );
  await setUpThere({
    folder: cwd,
    command: line,
    what,
    signal,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return { ...spec, name: `${spec.name}-control`, cwd };
}

function gitOptions({ hooks, progress }: Run): GitVersionOptions {
  return {
    cwd: resolve(hooks.folder),
    signal: hooks.signal,
    onProgress: (label) => progress.report(label),
  };
}

function subjectOf({ integrity }: RunSettings, spec: TargetSpec, control: TargetSpec | null): Subject {
  const targetOf = (one: TargetSpec): Target => foreignTarget(one, { equality: integrity });
  return {
    target: targetOf(spec),
    deliveries: [null],
    control: control === null ? null : targetOf(control),
  };
}

/** One version of our server, set up as the run wants it. */
function versionOf(
  { workers, workerModel, slots, sourceFile, configuration, parameters }: RunSettings,
  version: { readonly name: string; readonly cli: readonly [string, ...string[]] },
): Target {
  const sources = sourceFile === null ? [] : [sourceFile];
  const room = { workers, workerModel, slots, bufferMemoryBytes: bufferMemoryBytes() };
  return streamCsvServer({ ...version, ...room, sources, configuration, parameters });
}
