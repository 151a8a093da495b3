import type * as Pg from "pg";
import { StreamCsvError, messageOf } from "../../src/ground.ts";
import { guardInput } from "../../src/internal.ts";
import { observeProcesses } from "./observe-processes.ts";
import type { ObservedWork, Observer } from "./observed-work.ts";
import { identifyProcess } from "./process-tree.ts";
import { sampling } from "./sampling.ts";

/** Connections of others that do something, or keep a transaction open between two statements. */
const heldQuery = `SELECT count(*)::int AS held FROM pg_stat_activity
  WHERE backend_type IN ('client backend', 'parallel worker') AND pid <> pg_backend_pid() AND state <> 'idle'`;
const temporaryQuery = "SELECT coalesce(sum(size), 0)::float8 AS bytes FROM pg_ls_tmpdir()";

/** How long the server may take to connect, and to answer a query. */
const usualTimeoutMs = 10_000;

/**
 * A PostgreSQL server, over a connection of its own: how long connections were held and what temporary files took, by
 * sampling every 50 ms, and the CPU time and memory of all its processes where it runs on this machine.
 * @param url its password is in no message
 * @throws StreamCsvError `SCSV_TARGET_NOT_READY` when it can't be reached or doesn't answer, or the package pg is missing
 */
export async function observePostgres(
  name: string,
  url: string,
  { timeoutMs = usualTimeoutMs }: { readonly timeoutMs?: number } = {},
): Promise<Observer> {
  const client = await connected(name, url, timeoutMs);
  const processes = await observeServerProcesses(client, name);
  const canListFiles = await client.query(temporaryQuery).then(
    () => true,
    // Only members of pg_monitor may, and only since version 12.
    () => false,
  );
  return {
    name,
    caveats: [
      ...(processes === null
        ? [
            `CPU time and memory observed leave out ${name}: its processes don't run on this machine, or can't be seen from here, as in a container.`,
          ]
        : processes.caveats),
      ...(canListFiles
        ? []
        : [`Temporary files of ${name} are not known: the role that asks is not a member of pg_monitor.`]),
    ],
    watch: () => watchServer(client, processes, canListFiles),
    // A connection that the database has cut can't be ended properly; there is nothing left to give back.
    close: () => client.end().catch(() => undefined),
  };
}

async function connected(name: string, url: string, timeoutMs: number): Promise<Pg.Client> {
  const fault = (why: unknown): StreamCsvError =>
    new StreamCsvError(
      "SCSV_TARGET_NOT_READY",
      `The database "${name}" of --observe can't be watched: ${messageOf(why)}.`,
      { cause: why, hint: "Check its address; the package pg has to be installed." },
    );
  try {
    const { default: pg } = await import("pg");
    const { Client } = pg;
    const client = new Client({
      connectionString: url,
      application_name: "stream-csv bench",
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    });
    guardInput((client as unknown as { readonly connection: object }).connection);
    // An error between two queries would end this process; the next query reports it.
    client.on("error", () => undefined);
    await client.connect();
    return client;
  } catch (cause) {
    throw fault(cause);
  }
}

/** Its tree of processes; null when it runs elsewhere, or can't be seen. */
async function observeServerProcesses(client: Pg.Client, name: string): Promise<Observer | null> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const backend = await identifyProcess(rows[0]?.pid ?? 0);
  if (backend === null || !backend.program.startsWith("postgres") || backend.parentPid <= 1) return null;
  return await observeProcesses(name, backend.parentPid);
}

async function watchServer(
  client: Pg.Client,
  processes: Observer | null,
  canListFiles: boolean,
): Promise<() => Promise<ObservedWork>> {
  const endProcesses = await processes?.watch();
  let heldSeconds = 0;
  let temporaryBytes = 0;
  const stop = sampling(async (elapsedMs) => {
    const { rows } = await client.query<{ held: number }>(heldQuery);
    heldSeconds += ((rows[0]?.held ?? 0) * elapsedMs) / 1000;
    if (!canListFiles) return;
    const files = await client.query<{ bytes: number }>(temporaryQuery);
    temporaryBytes = Math.max(temporaryBytes, files.rows[0]?.bytes ?? 0);
  });
  return async () => {
    await stop();
    const work = await endProcesses?.();
    return {
      cpuSeconds: work?.cpuSeconds ?? null,
      peakBytes: work?.peakBytes ?? null,
      heldSeconds,
      temporaryBytes: canListFiles ? temporaryBytes : null,
    };
  };
}
