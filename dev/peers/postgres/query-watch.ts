import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { QueryWatch } from "../series.ts";

/** When a connection of a peer last worked, as far as PostgreSQL knows it now. */
const lastWork = `SELECT (extract(epoch FROM max(CASE WHEN state = 'idle' THEN state_change ELSE clock_timestamp() END)) * 1000)::float8 AS "lastMs",
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
FROM pg_stat_activity
WHERE backend_type IN ('client backend', 'parallel worker') AND pid <> pg_backend_pid() AND application_name <> 'stream-csv bench'`;

const askEveryMs = 5;
/** A reader of a cursor is idle between two parts; a longer rest is the end. */
const restMs = 300;
const longestMs = 60_000;

/** Watches the queries of a database of which only one peer at a time asks anything, over a connection of its own. */
export async function watchQueries(url: string): Promise<QueryWatch & { close(): Promise<void> }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    async untilQueriesEnd() {
      const startMs = Date.now();
      let workedMs = startMs;
      for (;;) {
        const { rows } = await client.query<{ lastMs: number | null; nowMs: number }>(lastWork);
        const { lastMs = null, nowMs = Date.now() } = rows[0] ?? {};
        workedMs = Math.max(workedMs, lastMs ?? 0);
        if (nowMs - workedMs > restMs) return (workedMs - startMs) / 1000;
        if (nowMs - startMs > longestMs) return null;
        await sleep(askEveryMs);
      }
    },
    close: () => client.end(),
  };
}
