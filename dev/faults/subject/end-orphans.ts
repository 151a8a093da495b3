import { setTimeout as sleep } from "node:timers/promises";
import type { RunRecord } from "../record.ts";
import { isAlive, roleOf, signalProcess } from "./proc.ts";

const endWithinMs = 10_000;

/**
 * Children of a dead primary must end by themselves. Those that don't are a finding, and are killed by their process
 * ids.
 */
export async function endOrphans(
  { record, nowMs }: { readonly record: RunRecord; readonly nowMs: () => number },
  pids: readonly number[],
  after: string,
): Promise<void> {
  const endsAtMs = nowMs() + endWithinMs;
  let left = pids;
  while (left.length > 0 && nowMs() < endsAtMs) {
    const alive = await Promise.all(left.map(isAlive));
    left = left.filter((_, index) => alive[index]);
    if (left.length > 0) await sleep(50);
  }
  if (left.length === 0) return;
  const roles = await Promise.all(left.map(async (pid) => `${await roleOf(pid)} ${pid}`));
  record.finding(
    "processes outlive their primary",
    `${endWithinMs / 1000} s after ${after}: ${roles.join(", ")}`,
  );
  for (const pid of left) signalProcess(pid, "SIGKILL");
}
