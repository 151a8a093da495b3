import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerStats } from "../../../src/internal.ts";
import type { RunRecord } from "../record.ts";
import { describeDescriptors, descriptorsOf } from "../subject/proc.ts";
import { limits } from "../subject/server-command.ts";
import type { ServerUnderTest } from "../subject/server-under-test.ts";
import { askStats } from "./ask-server.ts";

/** Descriptors of one process of each role while the server is idle. */
export type DescriptorBase = ReadonlyMap<string, number>;

/** Something that differs from the server at rest. */
interface Unrest {
  readonly kind: string;
  readonly evidence: string;
}

/** The numbers that are 0 at rest. */
export type HeldNumbers = Pick<ServerStats, "total" | "backlog" | "bufferMemory" | "spool" | "exports">;

/** A proxy's kept connections, time-outs of heads and replaced workers need some seconds to settle. */
const restWithinMs = 25_000;
/** A process that has served every kind of file has a few more descriptors than one that hasn't. */
const descriptorSlack = 12;

/**
 * Waits until an idle server holds nothing any more; anything it still holds after that is a finding.
 * @returns whether the server came to rest
 */
export async function checkRest(
  server: ServerUnderTest,
  base: DescriptorBase,
  record: RunRecord,
  interruption: AbortSignal,
): Promise<boolean> {
  const endsAtMs = performance.now() + restWithinMs;
  for (;;) {
    const unrest = await unrestOf(server, base);
    if (unrest.length === 0 || interruption.aborted) return true;
    if (performance.now() < endsAtMs) {
      await sleep(250);
      continue;
    }
    for (const { kind, evidence } of unrest)
      record.finding(kind, `${restWithinMs / 1000} s after the last client had left: ${evidence}`);
    return false;
  }
}

/** The most descriptors that a process of each role has now. */
export async function descriptorBase(server: ServerUnderTest): Promise<DescriptorBase> {
  const base = new Map<string, number>();
  for (const { pid, role } of await server.processes())
    base.set(role, Math.max(base.get(role) ?? 0, (await descriptorsOf(pid)).length));
  return base;
}

async function unrestOf(server: ServerUnderTest, base: DescriptorBase): Promise<readonly Unrest[]> {
  const stats = await askStats({ host: "127.0.0.1", port: server.port }, 5000);
  return [
    ...(stats === undefined
      ? [{ kind: "a server at rest doesn't answer /stats", evidence: "within 5 s" }]
      : [...heldIn(stats), ...deadWorkersIn(stats, server)]),
    ...(await processUnrest(server)),
    ...(await descriptorUnrest(server, base)),
    ...(await leftovers(server)),
  ];
}

/** What the numbers of a server say it holds. A number that is missing isn't 0. */
export function heldIn({ total, backlog, bufferMemory, spool, exports }: HeldNumbers): readonly Unrest[] {
  const running = exports.reduce((sum, entry) => sum + entry.running, 0);
  const held = {
    "busy slots": total.busySlots,
    "queued requests": total.queued + backlog.queued,
    "bytes of buffer memory": bufferMemory.usedBytes,
    "files being made": spool.builds,
    "leases of prepared files": spool.leases,
    "running transfers": running,
  };
  return Object.entries(held)
    .filter(([, count]) => count !== 0)
    .map(([what, count]) => ({
      kind: `a server at rest has ${what}`,
      evidence: `${count} ${what} in /stats`,
    }));
}

function deadWorkersIn({ workers }: ServerStats, server: ServerUnderTest): readonly Unrest[] {
  const stopped = workers.filter(({ isRunning }) => !isRunning).map(({ worker }) => worker);
  const restarts = workers.reduce((sum, worker) => sum + worker.restarts, 0);
  const found: Unrest[] = [];
  if (stopped.length > 0 || workers.length !== limits.workers)
    found.push({
      kind: "a worker is missing",
      evidence: `of ${limits.workers} workers /stats has ${workers.length}, and those at the places ${stopped.join(", ") || "none"} don't run`,
    });
  if (restarts > server.harmedWorkers)
    found.push({
      kind: "a worker died that nobody harmed",
      evidence: `${restarts} workers were replaced, and ${server.harmedWorkers} were killed or stopped\n${server.lines.troubles}`,
    });
  return found;
}

async function processUnrest(server: ServerUnderTest): Promise<readonly Unrest[]> {
  const processes = await server.processes();
  const count = (role: string): number => processes.filter((member) => member.role === role).length;
  const found: Unrest[] = [];
  const list = processes.map(({ pid, role }) => `${role} ${pid}`).join(", ");
  if (count("primary") !== 1 || count("worker") !== limits.workers || processes.length !== limits.workers + 1)
    found.push({ kind: "the processes aren't one primary and its workers", evidence: list });
  const strays = await server.strays();
  if (strays.length > 0)
    found.push({
      kind: "a process is left that belongs to no server",
      evidence: `processes ${strays.join(", ")} beside ${list}`,
    });
  return found;
}

async function descriptorUnrest(server: ServerUnderTest, base: DescriptorBase): Promise<readonly Unrest[]> {
  const found: Unrest[] = [];
  for (const { pid, role } of await server.processes()) {
    const targets = await descriptorsOf(pid);
    const before = base.get(role);
    if (before === undefined || targets.length <= before + descriptorSlack) continue;
    found.push({
      kind: `a ${role} at rest has descriptors of clients or files that are gone`,
      evidence: `process ${pid} has ${targets.length}, and ${before} at the start: ${describeDescriptors(targets)}`,
    });
  }
  return found;
}

async function leftovers(server: ServerUnderTest): Promise<readonly Unrest[]> {
  const partial = (await readdir(server.spoolOutside).catch(() => [])).filter((name) =>
    /\.part$|draft|\.tmp$/.test(name),
  );
  const temporary = await readdir(server.temporaryFolder).catch(() => []);
  const found: Unrest[] = [];
  if (partial.length > 0)
    found.push({ kind: "partial files are left in the spool", evidence: partial.join(", ") });
  if (temporary.length > 0) found.push({ kind: "temporary files are left", evidence: temporary.join(", ") });
  return found;
}
