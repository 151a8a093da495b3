import { systemClock, type Clock } from "../clock.ts";
import { settleWithin } from "../async/settle-within.ts";
import { toError } from "../errors.ts";
import { neverRejects } from "../never-rejects.ts";
import { redisAddress } from "../job/engine/redis/redis-address.ts";
import type { JobSettings } from "../job/job-settings.ts";
import { openSharedJobs } from "../job/open-shared-jobs.ts";
import { checkSetting } from "./shared/check-settings.ts";
import { lastLinesMs, openLog } from "./shared/log.ts";
import type { ServerSettings } from "./shared/settings.ts";

/** What a process that takes jobs needs. */
export interface WorkSettings extends Pick<
  ServerSettings,
  "configuration" | "sources" | "drainTimeoutMs" | "log"
> {
  /** Those of the servers that submit them; the engine must be one that machines share. */
  readonly jobs: JobSettings;
}

/** A process that takes jobs. */
export interface RunningWork {
  /** The address of the engine, without a password. */
  readonly engine: string;
  /** Takes no more jobs, lets those that run end within the drain time-out, and hands the rest back. */
  drain(): void;
  /** Hands the running jobs back at once. */
  kill(): void;
  /** Resolves when no process or connection is left. */
  readonly stopped: Promise<{ readonly handedBack: number }>;
}

/**
 * Takes jobs from the engine in this process, without HTTP. Resolves when the engine answers. If `signal` is aborted before that, the
 * promise rejects.
 * @throws TypeError and RangeError for a setting that can't be used; what `openSharedJobs` throws
 */
export async function startWork(
  settings: WorkSettings,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<RunningWork> {
  const { jobs: jobSettings, sources, configuration, drainTimeoutMs } = settings;
  checkSetting("jobs", jobSettings);
  const log = openLog(settings.log);
  if (configuration !== null) log.logger.info({ configuration }, `configuration ${configuration}`);
  const context = { settings: jobSettings, sources, log: log.logger, clock };
  const jobs = await openSharedJobs(context);
  try {
    await jobs.engine.ready(signal);
  } catch (error) {
    await jobs.close();
    signal.throwIfAborted();
    throw error;
  }
  jobs.engine.begin();
  const engine = redisAddress(jobSettings.engine);
  log.logger.info({ engine, concurrency: jobSettings.concurrency }, `working on ${engine}`);
  let resolveStopped: (end: { readonly handedBack: number }) => void;
  const stopped = new Promise<{ readonly handedBack: number }>((resolve) => {
    resolveStopped = resolve;
  });
  let isDraining = false;
  let isClosing = false;
  const close = async (): Promise<void> => {
    if (isClosing) return;
    isClosing = true;
    await jobs.close();
    const { handedBack } = jobs.engine;
    log.logger.info({ handedBack }, "stopped");
    await log.flush(lastLinesMs);
    resolveStopped({ handedBack });
  };
  const drain = async (): Promise<void> => {
    if (isDraining) return;
    isDraining = true;
    log.logger.info("draining");
    await settleWithin(jobs.engine.drain(), drainTimeoutMs, (reason) =>
      log.logger.error({ err: toError(reason) }, "draining failed"),
    );
    await close();
  };
  return {
    engine,
    drain: () => neverRejects(drain()),
    kill: () => neverRejects(close()),
    stopped,
  };
}
