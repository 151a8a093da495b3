import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../bench/internal.ts";
import { checkRest, descriptorBase, type DescriptorBase } from "./check/rest.ts";
import { checkService } from "./check/service.ts";
import { checkSpeed, describeSpeed, measureSpeed, type Speed } from "./check/speed.ts";
import { Watch } from "./check/watch.ts";
import type { ClientContext } from "./client/client.ts";
import { startLoad, type Way } from "./client/load.ts";
import { CannotInject, type FaultContext, type FaultKind } from "./fault/fault.ts";
import { faultKinds } from "./fault/faults.ts";
import type { Options } from "./options.ts";
import { planRun, type PlannedFault, type PlannedPhase } from "./plan.ts";
import type { RunRecord } from "./record.ts";
import { makeDisks } from "./subject/disks.ts";
import { KnownTexts } from "./subject/known-texts.ts";
import { startNginx } from "./subject/nginx.ts";
import { ServerUnderTest } from "./subject/server-under-test.ts";
import { SourceFiles } from "./subject/source-files.ts";

/** The environment of a run. */
export interface RunSurroundings {
  /** The compiled `stream-csv`. */
  readonly program: string;
  /** An empty folder, which the caller removes. */
  readonly folder: string;
  readonly record: RunRecord;
  readonly nowMs: () => number;
  readonly say: (sentence: string) => void;
  /** Interrupts the run; everything it started is still ended. */
  readonly interruption: AbortSignal;
}

/** The parts of a running run. */
interface Run extends RunSurroundings {
  readonly server: ServerUnderTest;
  readonly faults: Omit<FaultContext, "begin" | "random">;
  readonly ways: readonly Way[];
  readonly base: DescriptorBase;
  readonly speedAtStart: Speed;
}

/**
 * Injects faults into a real server, phase by phase, while clients of every kind use it. After each phase nothing of
 * it may be left. The record contains the findings.
 * @returns facts about the run, by name
 */
export async function runFaults(
  options: Options,
  surroundings: RunSurroundings,
): Promise<Readonly<Record<string, string>>> {
  const { folder, record, nowMs, say, interruption, program } = surroundings;
  const phases = planRun(options);
  await using disks = await makeDisks(folder);
  if (disks.missing !== undefined) say(`Disks can't be filled or made read-only: ${disks.missing}.`);
  say("The files are being written.");
  await mkdir(join(folder, "files"));
  const files = await SourceFiles.make(join(folder, "files"));
  await using server = new ServerUnderTest({ program, folder, disks, files, record, nowMs });
  await server.start(disks.missing === undefined && options.seed % 2 === 0 ? "file" : "pipe");
  // An interrupted run may not reach the end of this function.
  const stopAtOnce = (): void => {
    record.close();
    void server.killAll();
  };
  interruption.addEventListener("abort", stopAtOnce, { once: true });
  await using nginx =
    options.proxy === undefined ? undefined : await startNginx(join(folder, "nginx"), server.port);

  const shared = { files, texts: new KnownTexts(), record };
  const direct = { ...shared, way: "direct", target: { host: "127.0.0.1", port: server.port } };
  const behind = Math.max(1, Math.round(options.clients / 6));
  const ways: readonly Way[] = [
    { ...direct, clients: options.clients },
    ...(nginx === undefined
      ? []
      : [
          { ...shared, way: "nginx", target: { path: nginx.documented }, clients: behind },
          { ...shared, way: "nginx with HTTP/1.0", target: { path: nginx.byDefault }, clients: behind },
        ]),
  ];
  say("The server is being warmed up and measured.");
  await checkService(calmContext(direct, interruption), options.seed);
  const base = await descriptorBase(server);
  const speedAtStart = await measureSpeed(direct.target);
  say(`To one client it sends ${describeSpeed(speedAtStart)}.`);

  const run: Run = {
    ...surroundings,
    server,
    ways,
    base,
    speedAtStart,
    faults: { server, disks, files, nowMs },
  };
  const watch = new Watch(server, record);
  const shares: number[] = [];
  const endsAtMs = nowMs() + options.minutes * 60_000;
  try {
    for (const phase of phases) {
      if (interruption.aborted || nowMs() >= endsAtMs) break;
      say(`Phase ${phase.number} of ${phases.length}: ${phase.faults.map(({ name }) => name).join(", ")}.`);
      await storm(run, phase);
      if (interruption.aborted) break;
      shares.push(await calm(run, phase));
    }
  } finally {
    await watch.end();
  }
  return {
    phases: `${shares.length} of ${phases.length}`,
    "speed at the start": describeSpeed(speedAtStart),
    "speed after a phase": shares.map((share) => `${(share * 100).toFixed(0)} %`).join(" "),
    "log lines": String(server.lines.count),
    "most memory of a process": [...watch.peaks]
      .map(([role, mebibytes]) => `${role} ${mebibytes.toFixed(0)} MiB`)
      .join(", "),
  };
}

/** Runs clients while faults are injected; ends when all faults are undone and the last client has disconnected. */
async function storm(run: Run, { stormMs, faults, clientSeed }: PlannedPhase): Promise<void> {
  const load = startLoad(run.ways, clientSeed);
  const lanes = new Map<string, Promise<void>>();
  for (const fault of faults) {
    const kind = faultKinds[fault.name]!;
    const before = lanes.get(kind.lane) ?? Promise.resolve();
    const itsTime = sleep(fault.atMs, undefined, { signal: run.interruption }).catch(() => undefined);
    lanes.set(
      kind.lane,
      Promise.all([before, itsTime]).then(() => inject(run, fault, kind)),
    );
  }
  try {
    await sleep(stormMs, undefined, { signal: run.interruption }).catch(() => undefined);
    await Promise.all(lanes.values());
  } finally {
    run.say("  All faults are undone.");
    await load.end();
    run.say("  The last client has left.");
  }
}

async function inject(run: Run, { name, seed }: PlannedFault, kind: FaultKind): Promise<void> {
  if (run.interruption.aborted) return;
  const begin = (sentence: string): (() => void) => {
    run.say(`  ${sentence}`);
    return run.record.fault(name, sentence);
  };
  try {
    await kind.inject({ ...run.faults, random: seededRandom(seed), begin });
  } catch (error) {
    if (error instanceof CannotInject) run.record.skip(name, error.message);
    else run.record.finding(`${name}: the server or its surroundings aren't as before`, String(error));
  }
}

/** Without faults and clients, the server must be as at the start. @returns the share of its speed at the start */
async function calm(run: Run, phase: PlannedPhase): Promise<number> {
  const { server, base, record, speedAtStart } = run;
  const [direct] = run.ways;
  if (server.pid === undefined) await server.start();
  const wasAtRest = await checkRest(server, base, record, run.interruption);
  run.say(wasAtRest ? "  The server is at rest." : "  The server does NOT come to rest.");
  const isServing = await checkService(calmContext(direct!, run.interruption), 10_000 + phase.number);
  const share = await checkSpeed(direct!.target, speedAtStart, record);
  if ((!wasAtRest || !isServing) && !run.interruption.aborted) {
    // A new server, so that the damage of one phase isn't found again after each later phase.
    run.say("  The server is started again, since it isn't as it was.");
    await server.drainAndRestart("SIGTERM", false, server.logDestination);
  }
  run.say(`  It has ${(share * 100).toFixed(0)} % of its speed.`);
  return share;
}

function calmContext(way: Omit<Way, "clients">, over: AbortSignal): ClientContext {
  return { ...way, way: "calm", random: seededRandom(1), over };
}
