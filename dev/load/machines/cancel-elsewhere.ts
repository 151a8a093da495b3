import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresServer } from "../../postgres-server.ts";
import type { PromiseLog } from "../harness/promise-log.ts";
import { Client } from "./client.ts";
import { Machine } from "./fleet.ts";

const longestMs = 5000;

/**
 * Cancels a job that one server runs at another one, and waits until its query has ended. All machines but the first are
 * stopped, so that it is known which one runs the job; the other server starts afterwards.
 */
export async function cancelElsewhere(
  verdict: PromiseLog,
  postgres: PostgresServer,
  [runner, ...others]: readonly Machine[],
  serve: readonly string[],
  owner: string,
): Promise<void> {
  await Promise.all(others.map((machine) => machine[Symbol.asyncDispose]()));
  const client = new Client([runner!], () => 0);
  const { id } = await client.submit("sorting?", owner);
  while (!isRunning(postgres)) await sleep(50);
  await using other = await Machine.start(serve);
  const headers = { Authorization: `Bearer ${owner}` };
  const fromMs = performance.now();
  const answer = await fetch(`${other.origin ?? ""}/jobs/${id}`, { method: "DELETE", headers });
  while (isRunning(postgres) && performance.now() - fromMs < 2 * longestMs) await sleep(5);
  const tookMs = performance.now() - fromMs;
  const { state } = await client.ended(id, owner);
  verdict.check(
    "a query of a job that another server runs ends after DELETE",
    answer.status === 202 && state === "cancelled" && tookMs < longestMs,
    `${answer.status}, ${state}, ${Math.round(tookMs)} ms`,
  );
}

function isRunning(postgres: PostgresServer): boolean {
  const count = postgres.run(
    "\\t on\nSELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%300000000%' AND pid <> pg_backend_pid()",
  );
  return Number(String(count)) > 0;
}
