import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { systemClock } from "../../../../src/clock.ts";
import { defaultDialect } from "../../../../src/export/parameters.ts";
import { RedisEngine, type RedisEngineContext } from "../../../../src/job/engine/redis/redis-engine.ts";
import type { RedisTimings } from "../../../../src/job/engine/redis/redis-timings.ts";
import { hasEnded, type JobRecord, type JobRequest } from "../../../../src/job/job.ts";
import type { TestRedis } from "../../../harness/redis.ts";
import { SharedFolderStore } from "./shared-folder-store.ts";

/** Shorter than the usual ones, so that tests needn't wait. */
export const shortTimings: RedisTimings = {
  askMs: 500,
  beatMs: 200,
  silenceMs: 1000,
  lockMs: 2000,
  stalledMs: 500,
  sweepMs: 100,
  closeMs: 1000,
};

/** Engines that share a Redis and a store, as processes on several machines do. */
export interface Engines extends AsyncDisposable {
  readonly store: SharedFolderStore;
  /** Of the store. */
  readonly folder: string;
  /** The lines of all logs. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  open(options?: EngineOptions): Promise<RedisEngine>;
}

export interface EngineOptions extends Partial<Omit<RedisEngineContext, "settings">> {
  readonly settings?: Partial<RedisEngineContext["settings"]>;
  /** Whether it runs jobs at once. @default true */
  readonly isBegun?: boolean;
}

export async function makeEngines(redis: Pick<TestRedis, "url">): Promise<Engines> {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-jobs-"));
  const store = await SharedFolderStore.open(folder);
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: "trace" },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const opened: RedisEngine[] = [];
  return {
    store,
    folder,
    lines,
    open: async ({ settings, isBegun = true, ...options } = {}) => {
      const engine = await RedisEngine.open({
        settings: { engine: redis.url, keepMs: 60_000, concurrency: 2, queue: 1000, ...settings },
        store,
        runsJobs: true,
        log,
        clock: systemClock,
        newId: randomUUID,
        timings: shortTimings,
        ...options,
      });
      opened.push(engine);
      if (isBegun) engine.begin();
      return engine;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((engine) => engine.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A request for a job of the test store. */
export function request(key: string, ms: number, more: Partial<JobRequest> = {}): JobRequest {
  return {
    export: "invoices",
    parameters: {
      delivery: "file",
      rows: null,
      seed: null,
      columns: null,
      filename: null,
      ...defaultDialect,
      encoder: null,
      values: { ms: String(ms) },
    },
    version: null,
    key,
    owner: null,
    filename: "invoices.csv",
    contentType: "text/csv",
    expectedRows: null,
    ...more,
  };
}

/** Waits until a job is as it should be. */
export async function until(
  engine: Pick<RedisEngine, "get">,
  id: string,
  isSo: (job: JobRecord) => boolean,
): Promise<JobRecord> {
  for (;;) {
    const job = await engine.get(id);
    if (isSo(job)) return job;
    await sleep(20);
  }
}

export const ended = async (engine: Pick<RedisEngine, "get">, id: string): Promise<JobRecord> =>
  await until(engine, id, hasEnded);

export const running = async (engine: Pick<RedisEngine, "get">, id: string): Promise<JobRecord> =>
  await until(engine, id, ({ state }) => state === "running");
