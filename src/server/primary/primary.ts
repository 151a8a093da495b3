import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import { SharedState } from "./state/shared-state.ts";
import { openJobs, type Jobs } from "../../job/open-jobs.ts";
import { BuildSlots } from "../../spool/build-slots.ts";
import { openSpoolFolder, type SpoolFolder } from "../../spool/folder/spool-folder.ts";
import { lastLinesMs, openLog, type Log } from "../shared/log.ts";
import type { RunningServer } from "../shared/running-server.ts";
import type { ServerSettings } from "../shared/settings.ts";
import type { Certificates } from "../shared/certificates.ts";
import { checkSetting } from "../shared/check-settings.ts";
import type { AccessSettings } from "../access/access-control.ts";
import { requireJose } from "../access/require-jose.ts";
import { readCertificates, watchCertificates, type ReadCertificates } from "./certificate-files.ts";
import { openListeners, type Listeners } from "./listeners.ts";
import { reportAcceptErrors } from "./report-accept-errors.ts";
import { WorkerPool } from "./worker-pool.ts";

/** How often a draining server logs how many transfers are left. */
const drainLogIntervalMs = 2000;
/** As long as the digest of HMAC-SHA-256; a shorter key is weaker (RFC 2104, section 3). */
const leastSecretBytes = 32;
/** How long workers may take to reset the connections of cut transfers. */
const cutGraceMs = 1000;

/** Makes the calling process the primary of a server; see `startServer`. */
export async function startPrimary(
  settings: ServerSettings,
  clock: Clock,
  signal?: AbortSignal,
): Promise<RunningServer> {
  signal?.throwIfAborted();
  if (settings.auth !== null) requireJose();
  const log = openLog(settings.log);
  const { configuration } = settings;
  if (configuration !== null) log.logger.info({ configuration }, `configuration ${configuration}`);
  const folder = await openSpoolFolder(settings, log.logger, clock, signal);
  const builds = new BuildSlots(settings, clock);
  let jobs: Jobs | undefined;
  let listeners: Listeners;
  let read: ReadCertificates | null;
  try {
    const { sources } = settings;
    const context = { sources, folder, checker: builds, log: log.logger, clock };
    jobs = await openJobs({ settings: settings.jobs, ...context });
    read = settings.tls === null ? null : await readCertificates(settings.tls);
    // A client may connect before the workers are ready; the pool lets it wait.
    listeners = await openListeners(settings, (socket, isAdmin) => pool.accept(socket, isAdmin));
  } catch (error) {
    await jobs?.close();
    await folder.close();
    throw error;
  }
  const state = new SharedState(settings, {
    spool: folder.spool,
    builds,
    jobs,
    clock,
    pool: () => pool,
    log,
  });
  const found = { isLocal: listeners.isLocal, certificates: read?.certificates ?? null };
  const pool: WorkerPool = new WorkerPool({ ...settings, ...found }, state, log.logger, clock);
  for (const listener of listeners.all) reportAcceptErrors(listener, log.logger, clock);
  const replace = (certificates: Certificates): void => pool.replace({ certificates });
  const unwatch = read === null ? () => undefined : watchCertificates(read, log.logger, replace, clock);
  const primary = new Primary({ settings, listeners, pool, state, log, folder, unwatch });
  const stop = (): void => primary.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (signal?.aborted === true) stop();
    await pool.start(settings.workers);
    signal?.throwIfAborted();
  } catch (error) {
    primary.kill();
    await primary.stopped;
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  // Not earlier: a start that fails would end the jobs that it had begun.
  jobs.engine.begin();
  primary.started();
  return primary;
}

/** What a running primary process has opened. */
interface PrimaryParts {
  readonly settings: ServerSettings;
  readonly listeners: Listeners;
  readonly pool: WorkerPool;
  readonly state: SharedState;
  readonly log: Log;
  readonly folder: SpoolFolder;
  /** Ends the watch of the certificates' files. */
  readonly unwatch: () => void;
}

class Primary implements RunningServer {
  readonly url: string;
  readonly adminUrl: string | null;
  readonly stopped: Promise<{ readonly cutTransfers: number }>;
  readonly #drainAsked = new AbortController();
  readonly #killAsked = new AbortController();
  #hasStarted = false;
  readonly #settings: ServerSettings;
  readonly #listeners: Listeners;
  readonly #unwatch: () => void;
  readonly #pool: WorkerPool;
  readonly #state: SharedState;
  readonly #log: Log;
  readonly #folder: SpoolFolder;

  constructor({ settings, listeners, pool, state, log, folder, unwatch }: PrimaryParts) {
    this.#settings = settings;
    this.#listeners = listeners;
    this.#pool = pool;
    this.#state = state;
    this.#log = log;
    this.#folder = folder;
    this.url = listeners.url;
    this.adminUrl = listeners.adminUrl;
    this.#unwatch = unwatch;
    this.stopped = this.#stopWhenAsked();
  }

  /** Logs that the server is ready. */
  started(): void {
    this.#hasStarted = true;
    const { workers, workerModel, slots, tokens, links, auth } = this.#settings;
    const { logger } = this.#log;
    logger.info(
      {
        url: this.url,
        ...(this.adminUrl === null ? {} : { adminUrl: this.adminUrl }),
        workers,
        workerModel,
        ...(workerModel === "async" ? { slots } : {}),
      },
      "listening",
    );
    this.#warnOf({ tokens, links, auth });
  }

  drain(): void {
    this.#drainAsked.abort();
  }

  replaceAccess({ tokens, links, auth }: AccessSettings): void {
    checkSetting("tokens", tokens);
    checkSetting("links", links);
    checkSetting("auth", auth);
    if (auth !== null) requireJose();
    this.#pool.replace({ tokens, links, auth });
    this.#warnOf({ tokens, links, auth });
  }

  kill(): void {
    this.#killAsked.abort();
    this.#drainAsked.abort();
  }

  /** Logs what may be open by accident. */
  #warnOf({ tokens, links, auth }: AccessSettings): void {
    const { logger } = this.#log;
    if (!this.#listeners.isLocal && tokens === null && links === null && auth === null)
      logger.warn("other machines can reach this server, and without tokens everyone may read every export");
    for (const { id, secret } of links?.keys ?? []) {
      if (Buffer.byteLength(secret) < leastSecretBytes)
        logger.warn({ key: id }, "the secret of a key for links is short; use 32 random bytes");
    }
  }

  async #stopWhenAsked(): Promise<{ readonly cutTransfers: number }> {
    await aborted(this.#drainAsked.signal);
    this.#pool.stopReplacing();
    if (!this.#killAsked.signal.aborted) await this.#drain();
    this.#listeners.close();
    this.#unwatch();
    const refused = this.#pool.refuseWaiting();
    const cutTransfers = this.#state.transfers.running.length;
    if (cutTransfers > 0) await this.#cut();
    if (!this.#killAsked.signal.aborted) await Promise.race([refused, this.#pause(cutGraceMs)]);
    await this.#state.close();
    await this.#pool.kill();
    await this.#folder.close();
    // A start that failed is the caller's error; it never served.
    if (this.#hasStarted) this.#log.logger.info({ cutTransfers }, "stopped");
    await this.#log.flush(lastLinesMs);
    return { cutTransfers };
  }

  async #drain(): Promise<void> {
    const { drainTimeoutMs, shutdownDelayMs } = this.#settings;
    this.#log.logger.info(
      { transfers: this.#state.transfers.running.length, drainTimeoutMs, shutdownDelayMs },
      "draining",
    );
    for (const { link } of this.#pool.workers) link.note("unready", null);
    await this.#pause(shutdownDelayMs);
    // Connections in the kernel's backlog are accepted first, because closing the listener would reset them.
    await nextTurn();
    this.#listeners.close();
    const counting = setInterval(() => {
      this.#log.logger.info({ transfers: this.#state.transfers.running.length }, "still draining");
    }, drainLogIntervalMs);
    await Promise.race([this.#drained(), this.#pause(drainTimeoutMs)]);
    clearInterval(counting);
  }

  /** Connections that wait for a worker are answered before the workers refuse new exports. */
  async #drained(): Promise<void> {
    await this.#pool.placement.drained();
    const workers = this.#pool.workers.map(({ link }) => link.call("drain", null));
    await Promise.allSettled([...workers, this.#state.drainJobs()]);
  }

  /** Lets the workers reset their running transfers, so that no client takes half a file for a whole one. */
  async #cut(): Promise<void> {
    const cut = Promise.allSettled(this.#pool.workers.map(({ link }) => link.call("cut", null)));
    await Promise.race([cut, pause(cutGraceMs, undefined, { ref: false })]);
  }

  /** Waits, but ends the wait when `kill` is called. */
  async #pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    await Promise.race([pause(milliseconds, undefined, { ref: false }), aborted(this.#killAsked.signal)]);
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
